namespace Noether.Learning

open System
open System.Globalization
open System.Text.Json
open System.Text.Json.Nodes
open Noether.Domain
open Noether.Equivariance
open Noether.Kernels

/// The settings of a Nequix model (T. Koker and T. Smidt, arXiv:2508.16067): its function without its weights.
type NequixSettings =
    {
        /// Distance in Å beyond which atoms do not see each other.
        Cutoff: float
        /// The atomic numbers of the elements it knows, ascending; an element's species is its place here.
        Elements: int list
        /// Features between layers: sorted, no irrep twice, scalars 0e among them, parities (−1)^l.
        Hidden: Irreps
        /// Largest degree of the harmonics; at least that of the features.
        MaxDegree: int
        /// Number of interaction layers, which is how many cut-offs far an atom feels others.
        Layers: int
        /// Number of radial basis functions.
        RadialBasis: int
        /// Width of the hidden layers of the radial networks.
        RadialWidth: int
        /// Number of those hidden layers.
        RadialHidden: int
        /// The order p of the polynomial that ends the radial basis: 1 − ½(p+1)(p+2) tᵖ + p(p+2) tᵖ⁺¹ − ½p(p+1) tᵖ⁺².
        EnvelopePower: int
        /// Sums over neighbours are divided by the square root of this.
        AverageNeighbours: float
        /// The scale of the network's outputs, eV.
        Scale: float
        /// The shift of the energy of an atom, eV.
        Shift: float
    }

/// The features of one layer of a Nequix model: they follow from the settings.
[<NoEquality; NoComparison>]
type NequixLayout =
    {
        /// Features that go in.
        Input: Irreps
        /// The messages: products l₁ × l₂ → l₃ of features and harmonics, l₃ ascending, then l₁, then l₂. Each owns as many
        /// consecutive channels as there are features of degree l₁. Sums are divided by the root of the average neighbours.
        Messages: MessagePlan
        /// The input of the gate: the output, and one more scalar for each copy of a non-scalar.
        Mixed: Irreps
        /// Features that come out.
        Output: Irreps
    }

/// Functions of the settings of Nequix models.
[<RequireQualifiedAccess>]
module NequixSettings =

    /// The settings that all published models share (hydrogen to bismuth, actinium to plutonium, 6 Å, four layers), for
    /// numbers that differ: average neighbours, scale and shift.
    let published averageNeighbours scale shift : NequixSettings =
        { Cutoff = 6.0
          Elements = [ 1..83 ] @ [ 89..94 ]
          Hidden = Irreps.ofString "128x0e + 64x1o + 32x2e + 32x3o"
          MaxDegree = 3
          Layers = 4
          RadialBasis = 8
          RadialWidth = 64
          RadialHidden = 2
          EnvelopePower = 6
          AverageNeighbours = averageNeighbours
          Scale = scale
          Shift = shift }

    /// The path of the energies of isolated atoms among the parameters, eV by species.
    [<Literal>]
    let AtomEnergies = "atom energies"

    let private naturalIrrep l = Irrep.create l (Parity.ofDegree l)

    /// The settings themselves if there is a model of them. Errors: `InvalidArgument` with the name of the setting.
    let check (settings: NequixSettings) : Result<NequixSettings, NoetherError> =
        let positive (x: float) = x > 0.0 && Double.IsFinite x
        let atLeastOne name (count: int) = count >= 1, name, string count, "at least 1"
        let number (x: float) = NoetherError.number x
        let hidden = settings.Hidden

        let natural =
            hidden.Chunks |> List.forall (fun chunk -> chunk.Mul > 0 && chunk.Irrep = naturalIrrep chunk.Irrep.L)

        let ascending = hidden.Chunks |> List.pairwise |> List.forall (fun (a, b) -> a.Irrep.L < b.Irrep.L)
        let degree = Irreps.tryLmax hidden |> Option.defaultValue 0
        let known = settings.Elements |> List.forall (fun z -> z >= 1 && z <= Elements.largest)
        let elements = settings.Elements |> List.map string |> String.concat ", "

        [ positive settings.Cutoff, "the cut-off", number settings.Cutoff, "a positive finite length in Å"
          not settings.Elements.IsEmpty && known && settings.Elements = List.distinct (List.sort settings.Elements),
          "the list of atomic numbers",
          $"[{elements}]",
          $"numbers from 1 to {Elements.largest}, each once, ascending"
          natural && ascending && Irreps.contains Irrep.scalar hidden,
          "the hidden irreps",
          $"'{hidden.AsText}'",
          "0e and others of parity (-1)^l, ascending, each irrep once"
          settings.MaxDegree >= degree && settings.MaxDegree <= SolidHarmonics.MaxDegree,
          "the largest degree of the harmonics",
          string settings.MaxDegree,
          $"a number from {degree}, that of the hidden irreps, to {SolidHarmonics.MaxDegree}"
          atLeastOne "the number of layers" settings.Layers
          atLeastOne "the number of radial functions" settings.RadialBasis
          atLeastOne "the width of the radial networks" settings.RadialWidth
          atLeastOne "the number of hidden layers of the radial networks" settings.RadialHidden
          atLeastOne "the order of the radial envelope" settings.EnvelopePower
          positive settings.AverageNeighbours,
          "the average number of neighbours",
          number settings.AverageNeighbours,
          "a positive number"
          Double.IsFinite settings.Scale, "the scale", number settings.Scale, "a finite energy in eV"
          Double.IsFinite settings.Shift, "the shift", number settings.Shift, "a finite energy in eV" ]
        |> List.tryFind (fun (good, _, _, _) -> not good)
        |> function
            | None -> Ok settings
            | Some(_, name, value, expected) -> Error(InvalidArgument(name, value, expected))

    /// The layers, first to last.
    let layouts (settings: NequixSettings) : NequixLayout list =
        let scalars = settings.Hidden |> Irreps.filter (fun irrep -> irrep.IsScalar)

        [ for i in 0 .. settings.Layers - 1 do
              let input = if i = 0 then Irreps.create [ settings.Elements.Length, Irrep.scalar ] else settings.Hidden

              let output = if i = settings.Layers - 1 then scalars else settings.Hidden
              let wanted irrep = Irreps.contains irrep output
              let perReceiver = 1.0 / sqrt settings.AverageNeighbours

              let terms =
                  MessagePass.terms wanted [ 0 .. settings.MaxDegree ] input
                  |> List.map (fun term -> { term with Coefficient = term.Coefficient * perReceiver })

              let gates = output.Chunks |> List.sumBy (fun chunk -> if chunk.Irrep.L > 0 then chunk.Mul else 0)

              { Input = input
                Messages = MessagePass.plan input [ 0 .. settings.MaxDegree ] terms
                Mixed =
                  Irreps.create
                      [ for chunk in output.Chunks ->
                            (if chunk.Irrep.IsScalar then chunk.Mul + gates else chunk.Mul), chunk.Irrep ]
                Output = output } ]

    /// The weights in the order of the files: path and shape of each. Matrices are [in, out].
    let weights (settings: NequixSettings) : (string * int list) list =
        [ AtomEnergies, [ settings.Elements.Length ]

          for i, layout in List.indexed (layouts settings) do
              let widths =
                  [ settings.RadialBasis
                    yield! List.replicate settings.RadialHidden settings.RadialWidth
                    Irreps.count layout.Messages.Output ]

              for k, (rows, columns) in List.indexed (List.pairwise widths) do
                  $"layer {i}/mlp {k}", [ rows; columns ]

              for chunk in layout.Input.Chunks do
                  $"layer {i}/up {chunk.Irrep}", [ chunk.Mul; chunk.Mul ]

              for chunk in layout.Mixed.Chunks do
                  $"layer {i}/down {chunk.Irrep}", [ Irreps.countOf chunk.Irrep layout.Messages.Output; chunk.Mul ]

              for chunk in layout.Mixed.Chunks do
                  match Irreps.countOf chunk.Irrep layout.Input with
                  | 0 -> ()
                  | copies -> $"layer {i}/skip {chunk.Irrep}", [ copies; chunk.Mul ]

              for chunk in layout.Mixed.Chunks do
                  $"layer {i}/rms {chunk.Irrep}", [ chunk.Mul ]

          "readout", [ Irreps.countOf Irrep.scalar settings.Hidden; 1 ] ]

    /// The settings in a line of JSON as the published files have it; fields that do not define the function may be there
    /// or not. Errors: `Malformed` with the field for what is missing or of another type; `InvalidArgument` for values
    /// that no model has, and for `layer_norm` false and `index_weights` true, which no published model has either.
    let parse (text: string) : Result<NequixSettings, NoetherError> =
        let malformed found expected = Outcome.raise (Malformed(found, expected))

        Outcome.capture (fun () ->
            use document =
                try
                    JsonDocument.Parse text
                with :? JsonException as reason ->
                    malformed $"no JSON ({reason.Message})" "one line with a JSON object"

            let root = document.RootElement

            if root.ValueKind <> JsonValueKind.Object then malformed "JSON of another kind" "a JSON object"

            let field (name: string) =
                match root.TryGetProperty name with
                | true, value -> value
                | _ -> malformed $"no field '{name}'" "one, as it defines the model"

            let wrong (name: string) expected =
                let value = (field name).GetRawText()
                let shown = if value.Length > 60 then value.Substring(0, 60) + "…" else value
                malformed $"the field '{name}' with {shown}" expected

            let real name =
                let value = field name
                if value.ValueKind = JsonValueKind.Number then value.GetDouble() else wrong name "a number"

            let whole name =
                let value = real name

                if value = Math.Floor value && abs value <= 1e9 then int value else wrong name "a whole number"

            let flag name expected =
                let value = field name

                match value.ValueKind with
                | JsonValueKind.True
                | JsonValueKind.False ->
                    if value.GetBoolean() <> expected then
                        let shown = if expected then "true" else "false"
                        let only = $"{shown}, as every published model has it; no other is supported"
                        Outcome.raise (InvalidArgument($"the field '{name}'", value.GetRawText(), only))
                | _ -> wrong name "true or false"

            let elements =
                let value = field "atomic_numbers"

                if value.ValueKind <> JsonValueKind.Array then wrong "atomic_numbers" "a list of atomic numbers"

                [ for item in value.EnumerateArray() do
                      match item.ValueKind with
                      | JsonValueKind.Number when fst (item.TryGetInt32()) -> item.GetInt32()
                      | _ -> wrong "atomic_numbers" "a list of atomic numbers" ]

            let irreps =
                match (field "hidden_irreps").ValueKind, lazy (nonNull ((field "hidden_irreps").GetString())) with
                | JsonValueKind.String, text ->
                    match Irreps.parse text.Value with
                    | Ok irreps -> irreps
                    | Error error -> malformed $"the field 'hidden_irreps': {IrrepsError.message error}" "irreps"
                | _ -> wrong "hidden_irreps" "a text with irreps"

            flag "layer_norm" true
            flag "index_weights" false

            { Cutoff = real "cutoff"
              Elements = List.sort elements
              Hidden = irreps
              MaxDegree = whole "lmax"
              Layers = whole "n_layers"
              RadialBasis = whole "radial_basis_size"
              RadialWidth = whole "radial_mlp_size"
              RadialHidden = whole "radial_mlp_layers"
              EnvelopePower = whole "radial_polynomial_p"
              AverageNeighbours = real "avg_n_neighbors"
              Scale = real "scale"
              Shift = real "shift" }
            |> check
            |> Outcome.getOrFail)

    /// The settings as such a line of JSON, with the energies of isolated atoms (eV, by species) that published files
    /// repeat there for their readers.
    let format (atomEnergies: float seq) (settings: NequixSettings) : string =
        let value (x: float) : JsonNode | null = JsonValue.Create x
        let count (n: int) : JsonNode | null = JsonValue.Create n
        let truth (b: bool) : JsonNode | null = JsonValue.Create b
        let energies = JsonObject()

        for z, energy in Seq.zip settings.Elements atomEnergies do
            energies.Add(z.ToString CultureInfo.InvariantCulture, value energy)

        let line = JsonObject()
        line.Add("cutoff", value settings.Cutoff)
        line.Add("atomic_numbers", JsonArray [| for z in settings.Elements -> count z |])
        line.Add("atom_energies", energies)
        line.Add("avg_n_neighbors", value settings.AverageNeighbours)
        line.Add("scale", value settings.Scale)
        line.Add("shift", value settings.Shift)
        line.Add("hidden_irreps", JsonValue.Create(settings.Hidden.AsText.Replace("+", " + ")))
        line.Add("lmax", count settings.MaxDegree)
        line.Add("n_layers", count settings.Layers)
        line.Add("radial_basis_size", count settings.RadialBasis)
        line.Add("radial_mlp_size", count settings.RadialWidth)
        line.Add("radial_mlp_layers", count settings.RadialHidden)
        line.Add("radial_polynomial_p", value (float settings.EnvelopePower))
        // Only what the published program starts training from; it asks for it when it builds a model.
        line.Add("mlp_init_scale", value 4.0)
        line.Add("index_weights", truth false)
        line.Add("layer_norm", truth true)
        line.ToJsonString(JsonSerializerOptions(WriteIndented = false))
