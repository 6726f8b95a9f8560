namespace Noether.Learning

open System
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels

/// An element in a network in the conventions of nequip.
type NequipSpecies =
    {
        /// The atomic number.
        Element: int
        /// The scale of the network's outputs, eV.
        Scale: float
        /// The shift of the energy of an atom, eV.
        Shift: float
        /// The average number of neighbours; messages of the element are divided by its square root.
        AverageNeighbours: float
    }

/// A repulsion of nuclei by Ziegler, Biersack and Littmark, as nequip adds it to a network.
type NuclearRepulsion =
    {
        /// The Coulomb constant, eV Å.
        Coulomb: float
        /// The order of the polynomial that ends the repulsion, beside that of the network.
        Power: int
    }

/// The network of S. Batzner et al., Nature Communications 13, 2453 (2022), as nequip (for torch) 0.19 computes it: the
/// settings. `Nequip` is the same network as nequip-jax computes it.
type NequipTorchSettings =
    {
        /// Distance in Å beyond which atoms do not see each other.
        Cutoff: float
        /// The elements it knows; the species of an element is its place here.
        Species: NequipSpecies list
        /// Shorter cut-offs in Å, by atomic numbers of centre and neighbour; they need not be symmetric.
        PairCutoffs: Map<int * int, float>
        /// Features between layers in nequip's order, each irrep once; of those a layer has what products reach. The last
        /// layer has the scalars 0e among them.
        Features: Irreps
        /// Number of interaction layers, which is how many cut-offs far an atom feels others.
        Layers: int
        /// Largest degree of the harmonics.
        MaxDegree: int
        /// The number of features of a species at the beginning.
        Embedding: int
        /// Number of radial basis functions.
        RadialBasis: int
        /// Whether the frequencies of the radial basis are parameters; otherwise they are 1, 2, ….
        TrainableBasis: bool
        /// The order p of the polynomial 1 − ½(p+1)(p+2) tᵖ + p(p+2) tᵖ⁺¹ − ½p(p+1) tᵖ⁺² that ends the radial functions.
        EnvelopePower: int
        /// Widths of the hidden layers of the radial networks.
        Hidden: int list
        /// Widths of the hidden layers between the last features and the energy.
        Readout: int list
        /// The repulsion of nuclei that is added; None for none.
        Repulsion: NuclearRepulsion option
    }

/// Functions of the settings of networks in the conventions of nequip.
[<RequireQualifiedAccess>]
module NequipTorchSettings =

    /// The repulsion that nequip adds unless told otherwise: 14.399645 eV Å, ended by a polynomial of order 6.
    let repulsion: NuclearRepulsion = { Coulomb = 14.399645; Power = 6 }

    let private preset
        layers
        (multiplicities: int list)
        (cutoff: float)
        (species: NequipSpecies list)
        : NequipTorchSettings =
        { Cutoff = cutoff
          Species = species
          PairCutoffs = Map.empty
          Features = Nequip.features false multiplicities
          Layers = layers
          MaxDegree = multiplicities.Length - 1
          Embedding = 32
          RadialBasis = 8
          TrainableBasis = false
          EnvelopePower = 6
          Hidden = [ 128 ]
          Readout = []
          Repulsion = None }

    /// nequip's preset S, two layers of 128x0e+64x1o, for a cut-off in Å and species.
    let small cutoff species = preset 2 [ 128; 64 ] cutoff species

    /// nequip's preset M, four layers of 128x0e+64x1o+32x2e, for a cut-off in Å and species.
    let medium cutoff species = preset 4 [ 128; 64; 32 ] cutoff species

    /// nequip's preset L, six layers of 128x0e+64x1o+32x2e+32x3o, for a cut-off in Å and species.
    let large cutoff species = preset 6 [ 128; 64; 32; 32 ] cutoff species

    let private scalars mul = Irreps.create [ mul, Irrep.scalar ]

    /// The first wrong setting.
    let private checkNumbers (settings: NequipTorchSettings) =
        let real (x: float) = NoetherError.number x
        let positive (x: float) = x > 0.0 && Double.IsFinite x
        let atLeastOne name (count: int) = count > 0, name, $"{count}", "at least 1"
        let elements = settings.Species |> List.map _.Element
        let known z = z >= 1 && z <= Elements.largest
        let numbers = elements |> List.map string |> String.concat ", "

        let degree = SolidHarmonics.MaxDegree
        let chunks = settings.Features.Chunks
        let irreps = chunks |> List.map _.Irrep

        let checkSpecies (species: NequipSpecies) =
            let name = Elements.symbol species.Element

            [ Double.IsFinite species.Scale, $"the scale of {name}", real species.Scale, "a finite energy in eV"
              Double.IsFinite species.Shift, $"the shift of {name}", real species.Shift, "a finite energy in eV"
              positive species.AverageNeighbours,
              $"the average number of neighbours of {name}",
              real species.AverageNeighbours,
              "a positive number" ]

        let checkPair ((a, b), cutoff) =
            [ List.contains a elements && List.contains b elements,
              "a pair cut-off",
              $"one for the atomic numbers {a} and {b}",
              "one of elements that have species"
              cutoff > 0.0 && cutoff <= settings.Cutoff,
              "a pair cut-off",
              real cutoff,
              $"a positive length up to the cut-off, {real settings.Cutoff} Å" ]

        let general =
            [ positive settings.Cutoff, "the cut-off", real settings.Cutoff, "a positive finite length in Å"
              not elements.IsEmpty && List.forall known elements && List.distinct elements = elements,
              "the list of atomic numbers",
              $"[{numbers}]",
              $"numbers from 1 to {Elements.largest}, at least one, each once"
              List.distinct irreps = irreps && List.contains Irrep.scalar irreps,
              "the features",
              $"'{settings.Features.AsText}'",
              "irreps that occur once each, 0e among them"
              chunks |> List.forall (fun chunk -> chunk.Mul > 0),
              "the features",
              $"'{settings.Features.AsText}'",
              "at least one copy of each irrep"
              atLeastOne "the number of layers" settings.Layers
              settings.MaxDegree >= 0 && settings.MaxDegree <= degree,
              "the largest degree of the harmonics",
              $"{settings.MaxDegree}",
              $"0 to {degree}"
              atLeastOne "the width of the embedding" settings.Embedding
              atLeastOne "the number of radial functions" settings.RadialBasis
              atLeastOne "the order of the radial envelope" settings.EnvelopePower
              for width in settings.Hidden do
                  atLeastOne "a width of the radial networks" width
              for width in settings.Readout do
                  atLeastOne "a width of the readout" width
              for own in Option.toList settings.Repulsion do
                  positive own.Coulomb, "the Coulomb constant", real own.Coulomb, "a positive number in eV Å"
                  atLeastOne "the order of the polynomial that ends the repulsion" own.Power ]

        match general |> List.tryFind (fun (good, _, _, _) -> not good) with
        | Some wrong -> Some wrong
        | None ->
            List.collect checkSpecies settings.Species @ List.collect checkPair (Map.toList settings.PairCutoffs)
            |> List.tryFind (fun (good, _, _, _) -> not good)

    /// Features after each layer, in nequip's order, and the messages of it, first to last.
    let internal layouts (settings: NequipTorchSettings) : (Irreps * MessagePlan) list =
        let degrees = [ 0 .. settings.MaxDegree ]

        let layer input i =
            let asked =
                if i = settings.Layers - 1 then
                    Irreps.filter ((=) Irrep.scalar) settings.Features
                else
                    settings.Features

            let input = Irreps.regroup input

            let plan = MessagePass.terms (Interaction.wanted asked) degrees input |> MessagePass.plan input degrees

            let reached = asked |> Irreps.filter (fun irrep -> Irreps.contains irrep plan.Output)
            let isScalar (irrep: Irrep) = irrep.L = 0
            let output = Irreps.append (Irreps.filter isScalar reached) (Irreps.filter (isScalar >> not) reached)
            (output, plan), output

        List.mapFold layer (scalars settings.Embedding) [ 0 .. settings.Layers - 1 ] |> fst

    /// Irreps that features can have after some number of layers, starting from those that are given.
    let rec private within (settings: NequipTorchSettings) (reached: Irrep list) =
        let products =
            [ for a in reached do
                  for l in 0 .. settings.MaxDegree do
                      yield! Irrep.product a (Irrep.create l (Parity.ofDegree l)) ]

        let next = products |> List.filter (fun irrep -> Irreps.contains irrep settings.Features) |> List.distinct

        if List.forall (fun irrep -> List.contains irrep reached) next then
            reached
        else
            within settings next

    /// The settings themselves, if there is a network of them. Errors: `InvalidArgument` for numbers outside their domain,
    /// and for features that products with the harmonics never make, in however many layers.
    let check (settings: NequipTorchSettings) : Result<NequipTorchSettings, NoetherError> =
        match checkNumbers settings with
        | Some(_, name, value, expected) -> Error(InvalidArgument(name, value, expected))
        | None ->
            let reached = within settings [ Irrep.scalar ]
            let missing = settings.Features |> Irreps.filter (fun irrep -> not (List.contains irrep reached))

            if missing.Dim > 0 then
                let expected = $"features that products with harmonics up to degree {settings.MaxDegree} make of 0e"
                Error(InvalidArgument("the features", $"'{missing.AsText}'", expected))
            else
                Ok settings
