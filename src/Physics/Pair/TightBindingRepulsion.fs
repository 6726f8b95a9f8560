namespace Noether.Physics

open Noether.AutoDiff
open Noether.Domain

/// The repulsion between atoms of the tight-binding model GFN2-xTB (C. Bannwarth, S. Ehlert and S. Grimme, J. Chem.
/// Theory Comput. 15, 1652 (2019), eq. 9), y_a y_b/R · exp(−√(α_a α_b) R^k), R in bohr, k = 1.5 but 1 between
/// hydrogens: for H, C, N, O, F, S and Cl. Some ANI models stand on it.
[<RequireQualifiedAccess>]
module TightBindingRepulsion =
    // α and y.
    let private elements =
        [ "H", (2.213717, 1.105388)
          "C", (1.247655, 4.231078)
          "N", (1.682689, 5.242592)
          "O", (2.165712, 5.784415)
          "F", (2.421394, 7.021486)
          "S", (1.214553, 14.99509)
          "Cl", (1.577144, 17.353134) ]

    let private energy (ending: EnvironmentEnd option) cutoff (a, (alpha: float, y)) (b, (beta: float, w)) (r: Tensor) =
        let length = r / Units.bohr
        let power = if a = "H" && b = "H" then length else length * Tensor.sqrt length
        let pair = (Units.hartree * y * w) * (Tensor.exp (-(sqrt (alpha * beta)) * power) / length)

        match ending with
        | Some kind -> pair * EnvironmentEnd.factor kind cutoff r
        | None -> pair

    /// The repulsion up to a cut-off in Å, where it ends as it is said or abruptly; 5.2 Å with `SmoothEnd 2` is usual
    /// beside ANI. Errors: `InvalidArgument` for a cut-off that is no length; `Inconsistent`, when it is evaluated, for
    /// other elements.
    let create (ending: EnvironmentEnd option) (cutoff: float) : Result<Potential, NoetherError> =
        [ for k, first in List.indexed elements do
              for second in List.skip k elements -> (fst first, fst second), cutoff, energy ending cutoff first second ]
        |> FunctionPotential.create "GFN2-xTB repulsion" Truncated
