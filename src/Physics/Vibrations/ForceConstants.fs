namespace Noether.Physics

open System.Collections.Immutable
open System.Numerics
open Noether.Domain

/// The second derivative Φ = ∂²E/∂x_i∂x_j by an atom of the first cell and an atom of another cell.
type ForceConstant =
    {
        /// The atom i in the first cell.
        Atom: int
        /// The atom j.
        Neighbour: int
        /// The cell of j, in lattice vectors of the primitive cell, [3].
        Shift: ImmutableArray<int>
        /// Φ, [3, 3], row by row, eV/Å²; shared out equally where several images of j are equally near.
        Values: ImmutableArray<float>
        /// The part that this image has: 1, or less where several images of j are equally near.
        Share: float
    }

/// The force constants of a crystal.
type ForceConstants =
    {
        /// The primitive cell, n atoms.
        Primitive: Structure
        /// The masses of its atoms, [n], amu.
        Masses: ImmutableArray<float>
        /// All pairs of an atom in the first cell and an atom anywhere, those of an atom and itself included.
        Terms: ImmutableArray<ForceConstant>
        /// The answer to electric fields, where optical phonons have one: the non-analytic term at q → 0.
        Response: DielectricResponse option
    }

/// The phonons at one wavevector.
type PhononModes =
    {
        /// q in reciprocal lattice vectors of the primitive cell, [3].
        Wavevector: ImmutableArray<float>
        /// ω² of each branch, ascending, [3n], eV/(Å² amu); negative where the crystal is unstable. See `Frequency`.
        Squares: ImmutableArray<float>
        /// Eigenvectors of the dynamical matrix, orthonormal, [3n, n, 3]: atom j in cell R moves as
        /// Re e_j exp(2πi q·R − iωt)/√m_j.
        Eigenvectors: ImmutableArray<Complex>
    }

    /// Frequencies ω/2π in THz, [3n], imaginary ones negative.
    member this.Terahertz = ImmutableArray.CreateRange(this.Squares, Frequency.terahertz)
