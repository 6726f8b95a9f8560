namespace Noether.AutoDiff

/// A linear map of tensors of one shape to tensors of the same shape, and its transpose.
[<NoEquality; NoComparison>]
type LinearMap =
    {
        /// y ↦ A y.
        Apply: Tensor -> Tensor
        /// y ↦ Aᵀ y.
        Transposed: Tensor -> Tensor
    }

/// A way to solve linear systems: from A, for vectors in the shape of the tensor given, to A⁻¹. Solvers work on numbers
/// only; what they solve is differentiated around them.
type LinearSolver = Tensor -> LinearMap -> LinearMap

/// A linear map that is constant, as an operation: linear, so its derivatives are itself and its transpose.
[<Sealed>]
type internal LinearOperation(map: LinearMap) =
    inherit Operation("linear map")

    let transposed () = LinearOperation { Apply = map.Transposed; Transposed = map.Apply }

    member this.Of(x: Tensor) = Operations.Apply(this, x)
    override _.Compute x = data x[0]
    override _.Only x = Constant (Reuse.foreign (fun xs -> map.Apply xs[0]) [| Constant (nonNull x[0]).Raw |]).Raw
    override this.Pushforward(_, t) = [| Operations.Map(this.Of, t[0]) |]
    override _.Pullback(_, g) = [| Operations.Map(transposed().Of, g[0]) |]

/// Solutions of equations as differentiable functions of what stands in the equations, whatever found them.
///
/// *Theorem.* Where F(x, θ) = 0 defines x(θ), dx = −(∂F/∂x)⁻¹ ∂F/∂θ dθ; how x was found does not matter.
///
/// *Every order.* With A = ∂F/∂x, a constant taken at the solution, the simplified Newton step
/// x ← x − A⁻¹(F(x, θ) − F(x₀, θ₀)), begun at the constant x₀, takes an error of order k in dθ to one of order k + 1:
/// k steps are right in all derivatives up to order k. As many steps are made as differentiations are under way around
/// the call, so that every order and mix of modes is right, and each linear system is solved in numbers, never on a tape.
/// The value is that of the solver to the bit: what it left over of the equation, F(x₀, θ₀), is taken as part of it.
///
/// *Derivatives* are by θ, and by any other tensor that the function has caught and that carries derivatives.
[<RequireQualifiedAccess>]
module Implicit =
    let private constant (x: Tensor) = Constant x.Raw

    let private unit (like: Tensor) i =
        Tensor.ofArray like.Shape (Array.init like.Size (fun k -> if k = i then 1.0 else 0.0))
        |> Tensor.cast like.Precision

    /// The matrix of the map and its inverse: n applications, n² numbers and n³ operations, once. A singular matrix is a
    /// `TensorException`.
    let dense: LinearSolver =
        fun like map ->
            let n = like.Size

            let inverse =
                lazy
                    (let columns = [ for i in 0 .. n - 1 -> Tensor.reshape [| n |] (map.Apply(unit like i)) ]

                     if n = 0 then
                         Tensor.full like.Precision [| 0; 0 |] 0.0
                     else
                         Tensor.inverse (Tensor.transpose (Tensor.stack 0 columns)))

            let times matrix (b: Tensor) = Tensor.reshape b.Shape (Tensor.matmul matrix (Tensor.reshape [| n |] b))

            { Apply = fun b -> times inverse.Value b
              Transposed = fun b -> times (Tensor.transpose inverse.Value) b }

    /// Conjugate gradients (M. R. Hestenes and E. Stiefel, J. Res. Natl. Bur. Stand. 49, 409 (1952)) for symmetric
    /// positive definite maps, such as Hessians at minima: applications only, no matrix. Ends when |b − A y| is at most
    /// `tolerance` |b|. A direction of negative curvature, and more than `most` steps, are `TensorException`s.
    let conjugateGradients (tolerance: float) (most: int) : LinearSolver =
        fun _ map ->
            let dot (a: Tensor) b = Tensor.value (Tensor.sum (a * b))

            let move (y: Tensor) (t: float) (d: Tensor) : Tensor = y + t * d

            let curvature direction image =
                let curvature = dot direction image

                if not (curvature > 0.0) then
                    Shape.fail
                        "conjugate gradients"
                        $"a direction has curvature {curvature}, expected a positive definite map"

                curvature

            let system: LinearSystem<Tensor, Tensor> =
                { Apply = map.Apply
                  Gradient = id
                  Curvature = curvature
                  Dot = dot
                  Move = move
                  MoveResidual = move }

            let solve (b: Tensor) =
                let enough = tolerance * tolerance * dot b b

                let ends count square =
                    if square > enough && count = most then
                        Shape.fail
                            "conjugate gradients"
                            $"|b − A y| is still {sqrt square} after {most} steps, expected {sqrt enough} or less"

                    square <= enough

                ConjugateGradients.solve system ends (Tensor.zerosLike b) b

            { Apply = solve; Transposed = solve }

    /// A solver for maps that are singular outside a subspace, such as Hessians of energies that translations leave alone:
    /// the system is solved within the subspace that `project` (an orthogonal projection) projects to, and the solution
    /// has no part outside it.
    let projected (project: Tensor -> Tensor) (solver: LinearSolver) : LinearSolver =
        fun like map ->
            // The identity outside, so that the map as a whole is regular.
            let within apply (y: Tensor) =
                let inside = project y
                project (apply inside) + (y - inside)

            let inverse = solver like { Apply = within map.Apply; Transposed = within map.Transposed }
            let around apply b = project (apply (project b))
            { Apply = around inverse.Apply; Transposed = around inverse.Transposed }

    /// The number of differentiations that a tensor takes part in.
    let private differentiations (x: Tensor) =
        let rec levels x =
            match x with
            | Constant _ -> Set.empty
            | Forward(primal, tangent, level) -> Set.add level (Set.union (levels primal) (levels tangent))
            | Reverse(primal, node, _) -> Set.add node.Level (levels primal)

        Set.count (levels x)

    let private solution
        (solver: LinearSolver)
        (find: Tensor[] -> Tensor)
        (residual: Tensor -> Tensor[] -> Tensor)
        (jacobian: (Tensor -> Tensor) -> Tensor -> LinearMap)
        (thetas: Tensor[])
        : Tensor =
        let constants = Array.map constant thetas
        let start = constant (find constants)
        let first = residual start thetas

        if not (Shape.equal first.Shape start.Shape) then
            Shape.mismatch "implicit" start.Shape first.Shape "as many equations as unknowns"

        let order = differentiations first

        if order = 0 then
            start
        else
            let inverse = solver start (jacobian (fun x -> residual x constants) start)
            let step = LinearOperation inverse
            let left = constant first

            let rec improve k x residualAt =
                let x = x - step.Of(residualAt - left)
                if k = order then x else improve (k + 1) x (residual x thetas)

            improve 1 start first

    /// The solution x of F(x, θ) = 0 as a function of several tensors θ, differentiable to any order in both modes, given
    /// `find`, which returns it for numbers θ (a guess for Newton's method is not enough: derivatives are as good as the
    /// solution), and a solver for systems with ∂F/∂x. F(x, θ) has the shape of x; another shape is a `TensorException`.
    let rootMany
        (solver: LinearSolver)
        (find: Tensor[] -> Tensor)
        (f: Tensor -> Tensor[] -> Tensor)
        (thetas: Tensor[])
        =
        let jacobian g x =
            let pull = lazy (snd (Diff.vjp g x))

            { Apply = fun v -> constant (Diff.jacobianv g x v)
              Transposed = fun v -> constant (pull.Value v) }

        solution solver find f jacobian thetas

    /// The solution x of F(x, θ) = 0 as a function of θ, see `rootMany`.
    let root (solver: LinearSolver) (find: Tensor -> Tensor) (f: Tensor -> Tensor -> Tensor) (theta: Tensor) : Tensor =
        rootMany solver (fun thetas -> find thetas[0]) (fun x thetas -> f x thetas[0]) [| theta |]

    /// The place x of a minimum (or another stationary point) of f(x, θ) as a function of several tensors θ,
    /// differentiable to any order in both modes, given `find`, which returns it for numbers θ, and a solver for systems
    /// with the Hessian ∂²f/∂x².
    let minimumMany
        (solver: LinearSolver)
        (find: Tensor[] -> Tensor)
        (f: Tensor -> Tensor[] -> Tensor)
        (thetas: Tensor[])
        : Tensor =
        // A Hessian is its own transpose, and one recorded gradient serves all its products.
        let jacobian g x =
            let pull = lazy (snd (Diff.vjp g x))
            let times v = constant (pull.Value v)
            { Apply = times; Transposed = times }

        solution solver find (fun x thetas -> Diff.grad (fun x -> f x thetas) x) jacobian thetas

    /// The place x of a minimum of f(x, θ) as a function of θ, see `minimumMany`.
    let minimum
        (solver: LinearSolver)
        (find: Tensor -> Tensor)
        (f: Tensor -> Tensor -> Tensor)
        (theta: Tensor)
        : Tensor =
        minimumMany solver (fun thetas -> find thetas[0]) (fun x thetas -> f x thetas[0]) [| theta |]
