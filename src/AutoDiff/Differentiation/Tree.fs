namespace Noether.AutoDiff

/// An immutable named tree: parameters, their gradients, an optimiser's memory. Children are in a fixed order.
type Tree<'T> =
    /// One value.
    | Leaf of 'T
    /// Named children, names unique.
    | Branch of (string * Tree<'T>) list

/// Functions on trees, and derivatives with respect to trees of tensors.
[<RequireQualifiedAccess>]
module Tree =

    let private join prefix name = if prefix = "" then name else prefix + "/" + name

    /// The same tree with a function applied to each leaf.
    let rec map f tree =
        match tree with
        | Leaf x -> Leaf(f x)
        | Branch children -> Branch [ for name, child in children -> name, map f child ]

    /// The same tree with a function of path and leaf applied; a path is the names joined by '/'.
    let mapPaths f tree =
        let rec walk prefix tree =
            match tree with
            | Leaf x -> Leaf(f prefix x)
            | Branch children -> Branch [ for name, child in children -> name, walk (join prefix name) child ]

        walk "" tree

    /// Leaves in order, each with its path of names joined by '/'.
    let paths tree =
        let rec collect tree =
            match tree with
            | Leaf entry -> [ entry ]
            | Branch children -> List.collect (snd >> collect) children

        collect (mapPaths (fun path x -> path, x) tree)

    /// Leaves in order.
    let leaves tree = paths tree |> List.map snd

    /// The tree with its leaves replaced, in order.
    let withLeaves (values: 'U list) (tree: Tree<'T>) =
        let rec walk tree values =
            match tree, values with
            | Leaf _, value :: rest -> Leaf value, rest
            | Leaf _, [] -> Shape.fail "Tree.withLeaves" "too few leaves"
            | Branch children, values ->
                let children, rest =
                    List.mapFold
                        (fun values (name, child) ->
                            let child, rest = walk child values
                            (name, child), rest)
                        values
                        children

                Branch children, rest

        match walk tree values with
        | tree, [] -> tree
        | _, rest -> Shape.fail "Tree.withLeaves" $"{rest.Length} leaves too many"

    /// Two trees of one structure combined leaf by leaf; the first difference in structure is a `TensorException`.
    let map2 f (a: Tree<'T>) (b: Tree<'U>) =
        let rec walk path a b =
            match a, b with
            | Leaf x, Leaf y -> Leaf(f x y)
            | Branch xs, Branch ys when List.map fst xs = List.map fst ys ->
                Branch(List.map2 (fun (name, x) (_, y) -> name, walk (join path name) x y) xs ys)
            | _ -> Shape.fail "Tree.map2" $"the trees differ in structure at \"{path}\""

        walk "" a b

    /// Three trees of one structure combined leaf by leaf.
    let map3 f a b c = map2 (fun g z -> g z) (map2 (fun x y -> f x y) a b) c

    /// The branch or leaf at a path of names joined by '/'.
    let find (path: string) tree =
        let rec walk (names: string list) tree =
            match names, tree with
            | [], found -> found
            | name :: rest, Branch children ->
                match List.tryFind (fun (n, _) -> n = name) children with
                | Some(_, child) -> walk rest child
                | None ->
                    let known = System.String.Join(", ", List.map fst children)
                    Shape.fail "Tree.find" $"\"{path}\": no child named \"{name}\"; there are {known}"
            | name :: _, Leaf _ -> Shape.fail "Tree.find" $"\"{path}\": \"{name}\" is asked of a leaf"

        walk (path.Split('/', System.StringSplitOptions.RemoveEmptyEntries) |> List.ofArray) tree

    /// The leaf at a path.
    let value path tree =
        match find path tree with
        | Leaf x -> x
        | Branch _ -> Shape.fail "Tree.value" $"\"{path}\" is a branch"

    /// Value and pullback of a function of a tree of tensors.
    let vjp (f: Tree<Tensor> -> Tensor) tree =
        let ys, pull = Diff.vjpMany (fun xs -> [| f (withLeaves (List.ofArray xs) tree) |]) (Array.ofList (leaves tree))

        ys[0], (fun g -> withLeaves (List.ofArray (pull [| g |])) tree)

    /// Value at a tree and its tangent along another tree.
    let jvp (f: Tree<Tensor> -> Tensor) tree direction =
        let along = map2 (fun x v -> x, v) tree direction |> leaves |> Array.ofList

        let ys, ts =
            Diff.jvpMany
                (fun xs -> [| f (withLeaves (List.ofArray xs) tree) |])
                (Array.map fst along)
                (Array.map snd along)

        ys[0], ts[0]

    /// Value and gradient of a function of a tree of tensors with a single number as value.
    let fgrad f tree =
        let y, pull = vjp f tree

        if y.Rank <> 0 then
            Shape.fail "Tree.grad" $"the function must return a single number, it returned shape {Shape.print y.Shape}"

        y, pull (Tensor.onesLike y)

    /// The gradient of a function of a tree of tensors.
    let grad f tree = snd (fgrad f tree)
