namespace Noether.Physics

open System
open Noether.AutoDiff
open Noether.Domain

/// Potentials of charges together with point dipoles, which stay as they are: no polarization.
///
/// *Dipoles* are the property of atoms `dipoles`, three numbers each, e Å. Fields and torques are derivatives by it.
///
/// *Periodicity* as in `Electrostatics`; sums over lattices are Ewald's.
[<RequireQualifiedAccess>]
module PointDipoles =
    /// The property of atoms that holds their dipoles, [n, 3], e Å.
    let property: RequiredProperty = RequiredProperty.ofAtoms "dipoles" |> RequiredProperty.ofWidth 3

    // Charges of ±2 and dipoles of 1 e Å in a dense oxide: what the smearing is made for.
    let private strongest, private largest, private densest = 4.0, 1.0, 0.12

    /// The interaction of dipoles is two derivatives of that of charges: at the ends of both sums each is a factor
    /// r/σ².
    let private statistics smearing cutoff (charges: Tensor) (dipoles: Tensor) volume =
        let squares (x: Tensor) = Array.sumBy (fun v -> v * v) (Tensor.toArray x)
        let slope = cutoff / (smearing * smearing)
        let amplitude = squares charges + slope * slope * squares dipoles

        { Resolution.statistics (Tensor.toArray charges) volume with
            Squares = max 1e-300 amplitude }

    let private smearingFor (settings: ElectrostaticSettings) =
        // The steepest slope there is: σ = r_c/7 for 1e-11 of a force.
        let slope = 49.0 / settings.Cutoff
        let meanSquare = strongest + slope * slope * largest * largest
        Resolution.smearingFor (abs settings.Prefactor) settings.Accuracy settings.Cutoff meanSquare densest

    /// All pairs of different atoms of one structure, both directions.
    let private all (data: PairData) =
        let n = data.Numbers.Length
        let places = [| 0 .. n * n - 1 |] |> Array.filter (fun k -> k / n <> k % n)
        let ends pick = places |> Array.map pick |> Frozen.freeze

        Pairs.create
            n
            (ends (fun k -> k / n))
            (ends (fun k -> k % n))
            (Frozen.freeze (Array.zeroCreate (3 * places.Length)))
        |> Outcome.getOrFail

    let private farOf (settings: ElectrostaticSettings) split smearing surroundings (data: PairData) =
        let charges, dipoles = ChargeSource.tensor settings.Charges data, data.Property property
        let periodic = Array.ofSeq data.Periodic

        if Array.forall not periodic then
            let pairs = all data
            DipoleSum.near split.Long BothEnds pairs (data.VectorsOf pairs) charges dipoles
        else
            let axis = ChargeTerms.openAxis periodic
            let cell = Tensor.toArray data.Cells

            match axis with
            | Some axis -> ChargeTerms.checkVacuum settings.Cutoff axis cell (Tensor.toArray data.Positions)
            | None -> ()

            let statistics = statistics smearing settings.Cutoff charges dipoles (ChargeTerms.volumeOf cell)

            let resolution =
                Resolution.reciprocal
                    EwaldMethod
                    (abs settings.Prefactor)
                    settings.Accuracy
                    settings.Cutoff
                    smearing
                    statistics
                |> Outcome.getOrFail

            let sum = { LatticeSum.create split resolution.Summation with OpenAxis = axis }
            let cell = Tensor.reshape [| 3; 3 |] data.Cells
            DipoleSum.far sum surroundings cell data.Positions charges dipoles

    /// The potential of the charges of the settings (perhaps `ChargeSource.none`) and of dipoles, for an accuracy of
    /// forces. Errors: `InvalidArgument` for settings outside their domain, and for a mesh as the method.
    let create (surroundings: Surroundings) (settings: ElectrostaticSettings) : Result<Potential, NoetherError> =
        Outcome.capture (fun () ->
            match settings.Method with
            | MeshMethod _ -> InvalidArgument("the method", "a mesh", "Ewald's sum for dipoles") |> Outcome.raise
            | _ -> ()

            let smearing = smearingFor settings

            let split =
                RangeSplit.inversePower settings.Exponent (Tensor.scalar smearing)
                |> RangeSplit.scale (Tensor.scalar settings.Prefactor)

            let requires = property :: ChargeSource.requires settings.Charges

            let near (data: PairData) =
                let charges = ChargeSource.tensor settings.Charges data
                DipoleSum.near split.Short BothEnds data.Pairs data.Vectors charges (data.Property property)

            let far (data: PairData) =
                PairData.structures data |> List.map (farOf settings split smearing surroundings) |> Tensor.concat 0

            { Name = "dipoles"
              Terms =
                [ { Term.create "dipoles, pairs" settings.Cutoff near with Requires = requires }
                  { Term.create "dipoles, lattice" 0.0 far with Requires = requires } ] })

    /// The interaction of pairs within the cut-off and no other.
    let direct (settings: ElectrostaticSettings) : Potential =
        let bare r = settings.Prefactor * Tensor.pow -settings.Exponent r

        let energies (data: PairData) =
            let charges = ChargeSource.tensor settings.Charges data
            DipoleSum.near bare BothEnds data.Pairs data.Vectors charges (data.Property property)

        Potential.ofTerm
            { Term.create "dipoles, direct" settings.Cutoff energies with
                Requires = property :: ChargeSource.requires settings.Charges }
