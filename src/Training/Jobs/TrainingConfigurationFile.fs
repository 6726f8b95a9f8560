namespace Noether.Training

open System
open System.Collections.Generic
open System.IO
open System.Text.Json
open Noether.AutoDiff
open Noether.Domain
open Noether.Learning

/// Configurations of trainings in JSON, in which comments and a comma behind the last item may stand. Unknown fields are
/// refused with the nearest known name; messages name file, field, value and what was expected. The fields are documented
/// in docs/command-line.md, and those that have to be there are `train` and `model`.
[<RequireQualifiedAccess>]
module TrainingConfigurationFile =
    /// Choices by name.
    let private choices (items: (string * 'T) list) = Dictionary<string, 'T>(dict items)

    /// A path or a list of paths.
    let private paths folder (fields: Fields) name : string list =
        let one (item: JsonElement) =
            if item.ValueKind = JsonValueKind.String then
                Path.Combine(folder, nonNull (item.GetString()))
            else
                raise (fields.Wrong(name, item.GetRawText(), "the path of a file, or a list of paths"))

        let field = fields.Get name

        if field.ValueKind = JsonValueKind.Array then
            [ for item in field.EnumerateArray() -> one item ]
        else
            [ one field ]

    let private heldOut folder (fields: Fields) (name: string) =
        let field = fields.Get name

        let wrong () =
            let expected = "files, a part between 0 and 1, or a whole number of structures"
            raise (fields.Wrong(name, field.GetRawText(), expected))

        match field.ValueKind with
        | JsonValueKind.Number ->
            match field.TryGetInt32(), field.GetDouble() with
            | (true, count), _ when count >= 0 -> CountOf count
            | _, part when part > 0.0 && part < 1.0 -> PartOf part
            | _ -> wrong ()
        | JsonValueKind.String
        | JsonValueKind.Array -> OfFiles(paths folder fields name)
        | _ -> wrong ()

    let private labels (fields: Fields) : ReferenceNames =
        let standard = ReferenceStructure.standardNames

        let names: ReferenceNames =
            { Energy = SettingsJson.orElse fields "energy" standard.Energy fields.Text
              Forces = SettingsJson.orElse fields "forces" standard.Forces fields.Text
              Stress = SettingsJson.orElse fields "stress" standard.Stress fields.Text
              Virial = SettingsJson.orElse fields "virial" standard.Virial fields.Text
              Direction = SettingsJson.orElse fields "direction" standard.Direction fields.Text
              HessianProduct = SettingsJson.orElse fields "hessianProduct" standard.HessianProduct fields.Text
              Weight = SettingsJson.orElse fields "weight" standard.Weight fields.Text }

        fields.RefuseOthers()
        names

    let private atoms folder (fields: Fields) =
        let field = fields.Get "atoms"

        match field.ValueKind with
        | JsonValueKind.String -> AtomFile(Path.Combine(folder, fields.Text "atoms"))
        | _ ->
            let own = fields.Inner "atoms"

            AtomEnergies(
                Map
                    [ for symbol in List.ofSeq own.Names ->
                          Outcome.getOrFail (Elements.ofSymbol symbol), own.Number symbol ]
            )

    let private targets =
        [ "energy", Target.Energy
          "energyPerAtom", Target.EnergyPerAtom
          "forces", Target.Forces
          "stress", Target.Stress
          "hessianProduct", Target.HessianProduct ]

    /// A number, or numbers from epochs on: [[0, 1], [50, 10]].
    let private weight (fields: Fields) : int -> int -> float =
        match (fields.Get "weight").ValueKind with
        | JsonValueKind.Array ->
            let pairs =
                [ for item in fields.Items "weight" do
                      match item.ValueKind with
                      | JsonValueKind.Array when
                          item.GetArrayLength() = 2
                          && fst (item[0].TryGetInt32())
                          && item[1].ValueKind = JsonValueKind.Number
                          ->
                          item[0].GetInt32(), item[1].GetDouble()
                      | _ -> raise (fields.Wrong("weight", item.GetRawText(), "an epoch and a weight")) ]

            match pairs with
            | (0, first) :: rest when List.pairwise pairs |> List.forall (fun ((a, _), (b, _)) -> a < b) ->
                fun perEpoch step ->
                    rest |> List.fold (fun now (epoch, next) -> if step >= epoch * perEpoch then next else now) first
            | _ ->
                let text = (fields.Get "weight").GetRawText()
                raise (fields.Wrong("weight", text, "pairs of epoch and weight, the epochs ascending from 0"))
        | _ ->
            let value = SettingsJson.notNegative fields "weight"
            fun _ _ -> value

    let private term (loss: Fields) name : int -> LossTerm =
        let target = (choices targets)[name]

        if (loss.Get name).ValueKind = JsonValueKind.Object then
            let own = loss.Inner name

            let penalties =
                choices
                    [ "squared", (fun () -> Penalty.Squared)
                      "absolute", (fun () -> Penalty.Absolute)
                      "huber", (fun () -> Penalty.Huber(SettingsJson.positive own "delta")) ]

            let penalty = own.Choice ("penalty", "squared", penalties) ()
            let weight = weight own
            own.RefuseOthers()
            fun perEpoch -> { Target = target; Penalty = penalty; Weight = weight perEpoch }
        else
            let value = SettingsJson.notNegative loss name
            fun _ -> Loss.term target Penalty.Squared value

    let private loss (fields: Fields) =
        let terms =
            [ for name, _ in targets do
                  if fields.Has name then term fields name ]

        fields.RefuseOthers()
        terms

    /// The reduction of a rate on a plateau, counted in epochs.
    let private plateau (fields: Fields) : PlateauOptions =
        let standard = PlateauOptions.standard
        let orElse name value read = SettingsJson.orElse fields name value read

        let part name =
            let value = fields.Number name

            if value > 0.0 && value < 1.0 then
                value
            else
                raise (fields.Wrong(name, (fields.Get name).GetRawText(), "a number between 0 and 1"))

        { standard with
            Factor = orElse "factor" standard.Factor part
            Patience = orElse "patience" standard.Patience (fun name -> fields.Whole(name, 1))
            Cooldown = orElse "cooldown" standard.Cooldown (fun name -> fields.Whole(name, 0))
            RelativeGain = orElse "gain" standard.RelativeGain part
            Least = orElse "last" standard.Least part }

    /// Schedules by name: fields and the rate to the rates after a rise.
    let private schedules =
        let last (fields: Fields) =
            let value = SettingsJson.orElse fields "last" 0.0 fields.Number

            if value >= 0.0 && value <= 1.0 then
                value
            else
                raise (fields.Wrong("last", (fields.Get "last").GetRawText(), "a part of the rate, from 0 to 1"))

        let named (name, shape) =
            name,
            fun (fields: Fields) (rate: float) ->
                let falls = name <> "constant"
                shape rate (if falls then rate * last fields else rate)

        choices (
            List.map named TrainingConfiguration.schedules
            @ [ "exponential",
                fun (fields: Fields) rate ->
                    let factor, every = SettingsJson.positive fields "factor", fields.Whole("epochs", 1)
                    fun perEpoch _ -> Schedule.exponential rate factor (every * perEpoch)
                "plateau", (fun _ rate _ _ -> Schedule.constant rate) ]
        )

    let private rates (fields: Fields) (rate: float) =
        let named, own =
            if not (fields.Has "schedule") then
                TrainingConfiguration.StandardSchedule, None
            elif (fields.Get "schedule").ValueKind = JsonValueKind.Object then
                let own = fields.Inner "schedule"
                own.Text "kind", Some own
            else
                fields.Text "schedule", None

        match schedules.TryGetValue named with
        | true, schedule ->
            let own = Option.defaultWith (fun () -> Fields(JsonText.parse "" "{}"B, "'schedule'")) own
            let warmup = SettingsJson.orElse own "warmup" 0.0 (SettingsJson.notNegative own)
            let later = schedule own rate
            let reduction = if named = "plateau" then Some(plateau own) else None
            own.RefuseOthers()
            TrainingConfiguration.warmedUp warmup rate later, reduction
        | _ ->
            let expected = Suggestion.OneOf(named, schedules.Keys)
            raise (fields.Wrong("schedule", $"'{named}'", expected))

    /// Patterns of paths of parameters.
    let private patterns (fields: Fields) name : string -> bool =
        let all = ModelFields.patterns fields name
        fun path -> all |> List.exists (fun pattern -> TrainingConfiguration.fits pattern path)

    let private optimiser (fields: Fields) =
        let decay standard = SettingsJson.orElse fields "weightDecay" standard (SettingsJson.notNegative fields)
        let rate = SettingsJson.orElse fields "rate" TrainingDefaults.Rate (SettingsJson.positive fields)

        let muon () =
            let adam = SettingsJson.orElse fields "adamRate" rate (SettingsJson.positive fields)

            TrainingConfiguration.muon
                (adam / rate)
                (decay 0.0)
                (SettingsJson.orElse fields "adam" (fun _ -> false) (patterns fields))

        let named =
            [ for name, make, hasDecay in TrainingConfiguration.optimisers ->
                  name, (fun () -> make (if hasDecay then decay 0.01 else 0.0)) ]

        let bare =
            fields.Choice ("kind", TrainingConfiguration.StandardOptimiser, choices (named @ [ "muon", muon ])) ()

        let clip = SettingsJson.orElse fields "clip" None (SettingsJson.positive fields >> Some)
        let rates = rates fields rate
        fields.RefuseOthers()

        match clip with
        | Some most -> Transform.named [ "clip", Clip.byGlobalNorm most; "optimiser", bare ], rates
        | None -> bare, rates

    let private empty owner = Fields(JsonText.parse "" "{}"B, owner)

    let private batch (fields: Fields) =
        match (fields.Get "batch").ValueKind with
        | JsonValueKind.Number -> Graphs(fields.Whole("batch", 1))
        | _ ->
            let own = fields.Inner "batch"
            let atoms = own.Whole("atoms", 1)
            own.RefuseOthers()
            Atoms atoms

    let private decay (fields: Fields) name =
        let value = fields.Number name

        if value > 0.0 && value < 1.0 then
            value
        else
            raise (fields.Wrong(name, (fields.Get name).GetRawText(), "a number between 0 and 1, or false"))

    /// Fields of which a plan does not know what they say, but for those that have no part in what is learnt.
    let private functions = [ "optimiser"; "score"; "model/train" ]

    let rec private flat prefix (element: JsonElement) : (string * string) list =
        match element.ValueKind with
        | JsonValueKind.Object ->
            [ for property in element.EnumerateObject() do
                  yield! flat (if prefix = "" then property.Name else $"{prefix}/{property.Name}") property.Value ]
        | _ -> [ prefix, element.GetRawText() ]

    let private given (json: JsonElement) =
        flat "" json
        |> List.filter (fun (path, _) ->
            functions |> List.exists (fun name -> path = name || path.StartsWith(name + "/", StringComparison.Ordinal)))

    /// The configuration of a JSON object that messages call `owner`; paths of data begin in a folder. Training set and folder
    /// of written files are those of its fields where the last two arguments say so. Raises NoetherException.
    let private ofJson families (owner: string) (folder: string) (json: JsonElement) training output =
        let fields = Fields(json, owner)
        let inner name = if fields.Has name then fields.Inner name else empty $"'{name}' of {owner}"
        let optimiser, (rates, plateau) = optimiser (inner "optimiser")
        let training = training |> Option.defaultWith (fun () -> DataFiles(paths folder fields "train"))
        let standard = TrainingConfiguration.create training (ModelFields.read families folder (fields.Inner "model"))
        let orElse name value read = SettingsJson.orElse fields name value read
        let count name = fields.Whole(name, 1)

        let configuration =
            { standard with
                Validation = orElse "validation" standard.Validation (heldOut folder fields)
                Stream = orElse "stream" standard.Stream fields.Flag
                Missing =
                    orElse
                        "missingLabels"
                        standard.Missing
                        (SettingsJson.choice fields [ "refuse", Refused; "leaveOut", LeftOut ])
                Test = orElse "test" standard.Test (heldOut folder fields)
                Labels = labels (inner "labels")
                Atoms = orElse "atoms" standard.Atoms (fun _ -> Some(atoms folder fields))
                Offsets =
                    orElse
                        "offsets"
                        standard.Offsets
                        (SettingsJson.choice
                            fields
                            [ "leastSquares", Some LeastSquares; "atoms", Some IsolatedAtoms; "keep", Some Kept ])
                Scale = orElse "scale" standard.Scale (SettingsJson.positive fields >> Some)
                Families = families
                Loss = loss (inner "loss")
                Optimiser = optimiser
                Rates = rates
                Plateau = plateau
                AverageDecay =
                    orElse "average" standard.AverageDecay (fun name -> SettingsJson.orNone fields name (decay fields))
                Limit = orElse "batch" standard.Limit (fun _ -> batch fields)
                Parts = orElse "parts" standard.Parts count
                Threads = orElse "threads" standard.Threads count
                Epochs = orElse "epochs" standard.Epochs count
                Patience = orElse "patience" standard.Patience (fun name -> SettingsJson.orNone fields name count)
                Score = orElse "score" standard.Score (SettingsJson.choice fields TrainingConfiguration.scores)
                Seed = orElse "seed" standard.Seed (fun name -> uint64 (fields.Whole(name, 0)))
                Precision =
                    orElse
                        "precision"
                        standard.Precision
                        (SettingsJson.choice fields [ "float32", Float32; "float64", Float64 ])
                Output = orElse "output" output (fun name -> Some(Path.Combine(folder, fields.Text name)))
                SaveEvery = orElse "checkpoint" standard.SaveEvery count
                Given = given json }

        fields.RefuseOthers()
        configuration

    /// The configuration in the bytes of a file, of a model of one of some families; `path` stands for the file in messages.
    /// Paths of data begin in a folder. Without `output`, the folder of written files is called as the file without its ending.
    /// Errors: `Malformed` with the place; `InvalidArgument` with the field.
    let parseBytesOf
        families
        (folder: string)
        (path: string)
        (bytes: byte[])
        : Result<TrainingConfiguration, NoetherError> =
        Outcome.capture (fun () ->
            let output =
                match Path.ChangeExtension(path, null) with
                | Null -> path + ".training"
                | NonNull bare -> if bare = path then path + ".training" else bare

            ofJson families path folder (JsonText.parse path bytes) None (Some output))

    /// The configuration of a training on structures in memory, with the settings of a JSON object that has no `train` and is
    /// called `owner` in messages; paths begin in the current folder. Files are written where it has `output`. Errors: those of
    /// `parseBytes`.
    let parseSettings
        (families: ModelFamily list)
        (owner: string)
        (structures: Structure seq)
        (bytes: byte[])
        : Result<TrainingConfiguration, NoetherError> =
        Outcome.capture (fun () ->
            ofJson families owner "" (JsonText.parse owner bytes) (Some(Structures(List.ofSeq structures))) None)

    /// `parseBytesOf` the families of `ModelFamilies.all`.
    let parseBytes (folder: string) (path: string) (bytes: byte[]) : Result<TrainingConfiguration, NoetherError> =
        parseBytesOf ModelFamilies.all folder path bytes

    /// The configuration of a file. Paths of data begin in the given folder, or in that of the file. Errors: `FileFailure`;
    /// those of `parseBytes`.
    let read (folder: string option) (path: string) : Result<TrainingConfiguration, NoetherError> =
        Outcome.capture (fun () ->
            let own = Path.GetDirectoryName path |> Option.ofObj |> Option.defaultValue ""
            let bytes = Files.guard path (fun () -> File.ReadAllBytes path)
            parseBytes (Option.defaultValue own folder) path bytes |> Outcome.getOrFail)
