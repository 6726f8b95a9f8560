namespace Noether.AutoDiff

/// Contractions in index notation.
[<AutoOpen>]
module EinsumFunctions =

    let private fail text message : 'a = Shape.fail "einsum" $"\"{text}\": {message}"

    let private parse (text: string) count =
        let arrow = text.IndexOf "->"

        if arrow < 0 then fail text "expected operands, \"->\" and the result, for instance \"ij,jk->ik\""

        let clean (s: string) = s.Replace(" ", "")
        let operands = clean text[.. arrow - 1] |> fun s -> s.Split ','
        let result = clean text[arrow + 2 ..]

        if operands.Length <> count then
            fail text $"{operands.Length} operands are named, {count} were given"

        for part in Array.append operands [| result |] do
            for c in part do
                if not (System.Char.IsLetter c) then fail text $"'{c}' is not a letter"

                if part.IndexOf c <> part.LastIndexOf c then fail text $"index '{c}' is repeated in \"{part}\""

        for c in result do
            if operands |> Array.forall (fun o -> not (o.Contains c)) then
                fail text $"index '{c}' of the result is in no operand"

        operands, result

    let private positions (labels: string) (wanted: string) = wanted |> Seq.map labels.IndexOf |> Array.ofSeq

    /// Sums over the indices that are not wanted.
    let private reduce (labels: string) (wanted: string) (x: Tensor) =
        let dropped = labels |> String.filter (fun c -> not (wanted.Contains c))

        if dropped = "" then
            labels, x
        else
            String.filter (fun c -> wanted.Contains c) labels, Tensor.sumAxes (positions labels dropped) x

    /// The product of two operands with the indices of `wanted` kept.
    let private pair (la: string, a: Tensor) (lb: string, b: Tensor) (wanted: string) =
        let la, a = reduce la (wanted + lb) a
        let lb, b = reduce lb (wanted + la) b
        let both = la |> String.filter (fun c -> lb.Contains c)
        let batch = both |> String.filter (fun c -> wanted.Contains c)
        let summed = both |> String.filter (fun c -> not (wanted.Contains c))
        let left = la |> String.filter (fun c -> not (both.Contains c))
        let right = lb |> String.filter (fun c -> not (both.Contains c))

        let lengths (labels: string) (x: Tensor) part = positions labels part |> Array.map (fun i -> x.Shape[i])

        // A transposed last pair of axes costs nothing: the product reads either order.
        let arrange (labels: string) (x: Tensor) first second =
            let transposed = labels = batch + second + first && first <> "" && second <> ""
            let order = if transposed then labels else batch + first + second
            let size part = Shape.size (lengths labels x part)

            let rows, columns = if transposed then size second, size first else size first, size second

            transposed, Tensor.permute (positions labels order) x |> Tensor.reshape [| size batch; rows; columns |]

        let ta, a' = arrange la a left summed
        let tb, b' = arrange lb b summed right
        let product = Tensor.matmulTransposed ta tb a' b'

        let shape = Array.concat [ lengths la a batch; lengths la a left; lengths lb b right ]

        batch + left + right, Tensor.reshape shape product

    type Tensor with

        /// A contraction in index notation, for instance `einsum "nui,uv->nvi" [x; w]`: letters name axes, letters missing
        /// from the result are summed. Any number of operands, combined from left to right; an index may not be repeated
        /// within one operand.
        static member einsum (notation: string) (operands: Tensor list) =
            let labels, result = parse notation operands.Length
            let sizes = System.Collections.Generic.Dictionary<char, int>()

            for l, x in Seq.zip labels operands do
                if l.Length <> x.Rank then
                    fail notation $"\"{l}\" names {l.Length} axes, the operand has shape {Shape.print x.Shape}"

                for c, d in Seq.zip l x.Shape do
                    match sizes.TryGetValue c with
                    | true, known when known <> d -> fail notation $"index '{c}' has lengths {known} and {d}"
                    | _ -> sizes[c] <- d

            let rec combine current rest =
                match rest with
                | [] -> current
                | next :: later ->
                    let wanted = String.concat "" (result :: List.map fst later)

                    let kept = wanted |> Seq.distinct |> Seq.map System.Char.ToString |> String.concat ""

                    combine (pair current next kept) later

            match List.zip (List.ofArray labels) operands with
            | [] -> fail notation "no operands"
            | first :: rest ->
                let labels, product = combine first rest
                let labels, product = reduce labels result product
                Tensor.permute (positions labels result) product
