namespace Noether.AutoDiff

/// A linear system A y = b with symmetric positive definite A, or the normal equations Aᵀ A y = Aᵀ b of any A; over vectors
/// y of one type and residuals b − A y of another.
[<NoEquality; NoComparison>]
type internal LinearSystem<'V, 'R> =
    {
        /// d ↦ A d.
        Apply: 'V -> 'R
        /// The gradient of a residual r: r itself, or Aᵀ r.
        Gradient: 'R -> 'V
        /// The curvature along a direction d with the image A d: ⟨d, A d⟩, or |A d|².
        Curvature: 'V -> 'R -> float
        /// ⟨u, v⟩.
        Dot: 'V -> 'V -> float
        /// y + t d.
        Move: 'V -> float -> 'V -> 'V
        /// r + t s.
        MoveResidual: 'R -> float -> 'R -> 'R
    }

/// Conjugate gradients (M. R. Hestenes and E. Stiefel, J. Res. Natl. Bur. Stand. 49, 409 (1952)).
[<RequireQualifiedAccess>]
module internal ConjugateGradients =
    /// The solution from a start with its residual, once `ends` holds for the number of steps and the square of the
    /// gradient.
    let solve (system: LinearSystem<'V, 'R>) (ends: int -> float -> bool) (start: 'V) (residual: 'R) : 'V =
        let rec step count y residual direction square =
            if ends count square then
                y
            else
                let image = system.Apply direction
                let length = square / system.Curvature direction image
                let residual = system.MoveResidual residual -length image
                let gradient = system.Gradient residual
                let next = system.Dot gradient gradient
                let y = system.Move y length direction
                step (count + 1) y residual (system.Move gradient (next / square) direction) next

        let gradient = system.Gradient residual
        step 0 start residual gradient (system.Dot gradient gradient)

/// A step, the change of the gradient along it, and their product ⟨step, change⟩.
type internal Secant<'V> = { Step: 'V; Change: 'V; Curvature: float }

/// The inverse Hessian of a quasi-Newton method from the last steps, L-BFGS (J. Nocedal, Math. Comput. 35, 773 (1980)).
[<RequireQualifiedAccess>]
module internal InverseHessian =
    /// A gradient times the inverse Hessian of secants, the newest first, which begins with a multiple of the identity:
    /// Nocedal's two loops. `move` gives q + t d.
    let times
        (dot: 'V -> 'V -> float)
        (move: 'V -> float -> 'V -> 'V)
        (multiply: float -> 'V -> 'V)
        (identity: float)
        (secants: Secant<'V> list)
        (gradient: 'V)
        : 'V =
        let shares, inner =
            (gradient, secants)
            ||> List.mapFold (fun q secant ->
                let share = dot secant.Step q / secant.Curvature
                share, move q -share secant.Change)

        List.foldBack2
            (fun secant share q -> move q (share - dot secant.Change q / secant.Curvature) secant.Step)
            secants
            shares
            (multiply identity inner)
