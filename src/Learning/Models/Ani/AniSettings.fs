namespace Noether.Learning

open System
open Noether.Domain
open Noether.Physics

/// What an ANI model is made of, without its weights: environments of atoms, and for each element a network from them
/// to an energy (J. S. Smith, O. Isayev, A. E. Roitberg, Chem. Sci. 8 (2017) 3192).
///
/// *Energy of an atom.* (Network + self-energy of its element), in the unit of the model; an ensemble's is the mean of
/// its members. Layers are W x + b with CELU (α = 0.1) between them.
type AniSettings =
    {
        /// Atomic numbers; an element's species is its place here.
        Elements: int list
        /// The environments, of as many species.
        Environments: Environments
        /// The widths of the layers between environment and energy, by species.
        Hidden: int list list
        /// The number of members of the ensemble.
        Members: int
        /// What is added to the network of each species, in the unit of the model.
        SelfEnergies: float list
        /// The unit of the model's energies in eV: `Units.hartree` for published models.
        Unit: float
    }

/// Checks of settings, what weights they ask for, and those of the published models.
[<RequireQualifiedAccess>]
module AniSettings =
    let private refuse name found expected = Outcome.raise (Inconsistent(name, found, expected))

    /// The same settings, checked. Errors: those of `Environments.check`; `Inconsistent` for elements that are none or
    /// twice, lists of another length than the elements, widths and members below 1; `NonFinite` for self-energies and
    /// unit.
    let check (settings: AniSettings) : Result<AniSettings, NoetherError> =
        Outcome.capture (fun () ->
            Environments.check settings.Environments |> Outcome.getOrFail |> ignore
            let count = settings.Elements.Length
            let name = "the ANI model"

            if count = 0 || List.distinct settings.Elements <> settings.Elements then
                refuse name $"{count} elements" "at least one, each once"

            if settings.Environments.Species <> count then
                refuse name $"environments of {settings.Environments.Species} species" $"{count}, one for each element"

            if settings.Hidden.Length <> count then
                refuse name $"widths of {settings.Hidden.Length} networks" $"{count}, one for each element"

            if settings.SelfEnergies.Length <> count then
                refuse name $"{settings.SelfEnergies.Length} self-energies" $"{count}, one for each element"

            for z, widths in List.zip settings.Elements settings.Hidden do
                if widths.IsEmpty || List.exists (fun width -> width < 1) widths then
                    let found = widths |> List.map string |> String.concat ", "
                    refuse $"the network of {Elements.symbol z}" $"the widths [{found}]" "at least one, all 1 or more"

            if settings.Members < 1 then refuse name $"{settings.Members} members" "at least 1"

            for energy in settings.Unit :: settings.SelfEnergies do
                if not (Double.IsFinite energy) then Outcome.raise (NonFinite("an energy of the ANI model", energy))

            settings)

    /// Inputs and outputs of the layers of a species' networks.
    let layers (species: int) (settings: AniSettings) : (int * int) list =
        settings.Environments.Width :: settings.Hidden[species] @ [ 1 ] |> List.pairwise

    /// The path of a layer's array among the parameters: "member 0/H/layer 1/weights".
    let path (member': int) (z: int) (layer: int) (name: string) : string =
        $"member {member'}/{Elements.symbol z}/layer {layer + 1}/{name}"

    /// The paths of all arrays.
    let paths (settings: AniSettings) : string list =
        [ for m in 0 .. settings.Members - 1 do
              for species, z in List.indexed settings.Elements do
                  for k in 0 .. settings.Hidden[species].Length do
                      path m z k "weights"
                      path m z k "biases" ]

    /// Where constants of a model are stored in single precision, as the published programs read them.
    let internal rounded (x: float) = float (float32 x)

    let private evenly start stop count =
        [ for k in 0 .. count - 1 -> rounded (start + (stop - start) * float k / float count) ]

    /// The environments of ANI-1x and ANI-1ccx for so many species: cut-offs of 5.2 and 3.5 Å.
    let environmentsOf1x (species: int) : Environments =
        { Species = species
          RadialCutoff = 5.2
          AngularCutoff = 3.5
          RadialWidth = 16.0
          RadialShifts = evenly 0.9 5.2 16
          AngularWidth = 8.0
          AngularShifts = evenly 0.9 3.5 4
          Sharpness = 32.0
          Sections = [ for k in 0..7 -> rounded (Math.PI * float (2 * k + 1) / 16.0) ]
          End = CosineEnd }

    /// The environments of ANI-2x for so many species: cut-offs of 5.1 and 3.5 Å.
    let environmentsOf2x (species: int) : Environments =
        { Species = species
          RadialCutoff = 5.1
          AngularCutoff = 3.5
          RadialWidth = rounded 19.7
          RadialShifts = evenly 0.8 5.1 16
          AngularWidth = rounded 12.5
          AngularShifts = evenly 0.8 3.5 8
          Sharpness = rounded 14.1
          Sections = [ for k in 0..3 -> rounded (Math.PI * float (2 * k + 1) / 8.0) ]
          End = CosineEnd }

    /// The widths that ANI-2x has for an element, and those of its C for others.
    let usualWidths (z: int) : int list =
        match z with
        | 1 -> [ 256; 192; 160 ]
        | 6 -> [ 224; 192; 160 ]
        | 7
        | 8 -> [ 192; 160; 128 ]
        | 9
        | 16
        | 17 -> [ 160; 128; 96 ]
        | _ -> [ 224; 192; 160 ]
