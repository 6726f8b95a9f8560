namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain
open Noether.Kernels

/// How charges go to a mesh and potentials come back, and which factor makes good for it in Fourier space.
type Assignment =
    /// Lagrange's polynomials through 1 … 7 nodes: particle-mesh Ewald (T. Darden, D. York and L. Pedersen, J. Chem.
    /// Phys. 98, 10089 (1993)).
    | Lagrange of nodes: int
    /// B-splines of order 1 … 7 with the factor that makes the mean square error least: P3M (R. W. Hockney and
    /// J. W. Eastwood, Computer Simulation Using Particles, 1988, chapter 8).
    | P3M of order: int
    /// B-splines of order 1 … 7 that interpolate: smooth particle-mesh Ewald (U. Essmann et al., J. Chem. Phys. 103,
    /// 8577 (1995)).
    | SmoothPme of order: int
    /// torch-pme's P3M: the transform of one spline alone, taken at Cartesian components of k, which is right in cells
    /// along the axes only. For comparison with it.
    | CartesianP3M of order: int

/// How fine a mesh is.
type MeshSize =
    /// Points at most so far apart, Å; numbers of the form 2^a 3^b 5^c.
    | Spacing of float
    /// torch-pme's rule, 2^⌈log₂(2|a|/h + 1)⌉ points along each axis for its mesh spacing h, Å: half or a quarter of
    /// it.
    | PowersOfTwo of float
    /// So many points along each axis.
    | Points of int * int * int

/// How the long-ranged part of an interaction is summed over a lattice.
type Summation =
    /// Over the given pairs only, the whole interaction; nothing beyond.
    | Direct
    /// Over vectors of the reciprocal lattice.
    | Ewald of ReciprocalSet
    /// On a mesh, by Fourier transforms.
    | OnMesh of Assignment * MeshSize

/// Numbers of mesh points.
[<RequireQualifiedAccess>]
module MeshSize =
    /// The points along each axis for lattice vectors of lengths [3], Å. Errors: `InvalidArgument` for what is not
    /// positive, and for more than 2²⁹ points.
    let points (lengths: float[]) (size: MeshSize) : Result<int[], NoetherError> =
        let positive name h =
            if not (h > 0.0 && Double.IsFinite h) then
                InvalidArgument(name, NoetherError.number h, "a positive length in Å") |> Outcome.raise

        Outcome.capture (fun () ->
            let points =
                match size with
                | Spacing h ->
                    positive "the spacing of the mesh" h
                    lengths |> Array.map (fun a -> ceil (a / h - 1e-12))
                | PowersOfTwo h ->
                    positive "the spacing of the mesh" h
                    lengths |> Array.map (fun a -> 2.0 ** ceil (Math.Log2(2.0 * a / h + 1.0)))
                | Points(a, b, c) -> [| float a; float b; float c |]

            if not (Array.forall (fun n -> n >= 1.0) points && Array.reduce (*) points <= float (1 <<< 29)) then
                let found = points |> Array.map string |> String.concat " × "
                InvalidArgument("the mesh", found, "1 to 2²⁹ points") |> Outcome.raise

            match size with
            | Spacing _ -> points |> Array.map (fun n -> MeshSizes.Smooth(int n))
            | _ -> points |> Array.map int)
