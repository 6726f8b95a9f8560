namespace Noether.Learning

open System
open System.Buffers.Binary
open System.Collections.Immutable
open System.IO
open System.Runtime.InteropServices
open System.Text
open Noether.Domain

/// Files of Nequix models, .nqx: one line of JSON, then the weights as arrays of NumPy (.npy 1.0, float32, C order) one
/// behind the other, without names, in the order of `NequixSettings.weights`.
///
/// *Strict.* Every array has the type and the shape that the settings ask for, and no weight is NaN; errors name
/// the weights ("layer 1 mlp 2"). Only what stands behind the last array is not looked at: some published files end in a
/// line feed or in further numbers, which their own program passes over.
///
/// *Exact.* What `write` writes, `read` gives back to the bit, and so does the published program; the line of JSON of a file
/// that was read is written as it was, fields without meaning here included.
[<RequireQualifiedAccess>]
module NequixFile =
    let private magic = Array.append [| 0x93uy |] "NUMPY"B

    let private at path column error = NoetherError.at { Path = path; Line = 1; Column = column } error |> Outcome.raise

    /// The array at a place in the bytes, float32 of the expected shape, and where it ends.
    let private weightsAt path (bytes: byte[]) start (name: string, expected: int list) =
        let what = NequixModel.spoken name
        let fail place found wanted = at path (place + 1) (Malformed($"{found} in {what}", wanted))

        let need place count part =
            if bytes.Length - place < count then
                fail bytes.Length $"the end of the file" $"{count} bytes of {part} from byte {place + 1}"

        need start 10 "its header"

        if not (bytes.AsSpan(start, 6).SequenceEqual(ReadOnlySpan magic)) then
            fail start "no mark of an array" "\\x93NUMPY"

        if bytes[start + 6] <> 1uy || bytes[start + 7] <> 0uy then
            fail (start + 6) $"version {bytes[start + 6]}.{bytes[start + 7]} of the format" "version 1.0"

        let length = int (BinaryPrimitives.ReadUInt16LittleEndian(ReadOnlySpan(bytes, start + 8, 2)))
        let data = start + 10 + length
        need (start + 10) length "its header"

        let header =
            NpyHeader.parse (Encoding.Latin1.GetString(bytes, start + 10, length)) (fun place found wanted ->
                fail (start + 10 + place) found wanted)

        if header.TypeName <> "f4" || header.BigEndian then
            let order = if header.BigEndian then ">" else "<"
            fail start $"numbers of type {order}{header.TypeName}" "<f4"

        if header.Fortran then fail start "Fortran order" "C order"

        try
            NequixModel.checkShape name expected header.Shape
        with :? NoetherException as failure ->
            at path (start + 1) failure.Error

        let count = List.fold (*) 1 expected
        need data (4 * count) "numbers"
        let values = MemoryMarshal.Cast<byte, float32>(bytes.AsSpan(data, 4 * count)).ToArray()

        if not BitConverter.IsLittleEndian then
            let words = MemoryMarshal.Cast<float32, uint32>(values.AsSpan())
            BinaryPrimitives.ReverseEndianness(Span.op_Implicit words, words)

        let values = ImmutableCollectionsMarshal.AsImmutableArray values

        try
            NequixModel.checkFinite name values
        with :? NoetherException as failure ->
            at path (start + 1) failure.Error

        { Path = name; Shape = expected; Values = values }, data + 4 * count

    /// The model in the bytes of a file; `path` stands for the file in messages, and its name without the ending names the
    /// model. Errors as for `read`.
    let parseBytes (path: string) (bytes: byte[]) : Result<NequixModel, NoetherError> =
        Outcome.capture (fun () ->
            let stop = Array.IndexOf(bytes, 10uy)

            if stop < 0 then at path 1 (Malformed("no line feed", "a line of JSON, and arrays behind it"))

            let config = Encoding.UTF8.GetString(bytes, 0, stop)

            let settings =
                match NequixSettings.parse config with
                | Ok settings -> settings
                | Error error -> at path 0 error

            let weights, _ = List.mapFold (weightsAt path bytes) (stop + 1) (NequixSettings.weights settings)

            let name = Path.GetFileNameWithoutExtension path |> Option.ofObj |> Option.defaultValue path
            NequixModel(name, settings, config, ImmutableArray.CreateRange weights))

    /// The bytes of a file that holds the model.
    let format (model: NequixModel) : byte[] =
        use memory = new MemoryStream()
        memory.Write(ReadOnlySpan(Encoding.UTF8.GetBytes(model.Config + "\n")))

        for own in model.Weights do
            NpyArray.create own.Shape (NpyData.Float32 own.Values) |> Outcome.getOrFail |> Npy.writeTo memory

        memory.ToArray()

    /// The variable of the environment that names folders of model files, with the separator of the system's paths (':', on
    /// Windows ';') between several.
    [<Literal>]
    let FolderVariable = "NOETHER_MODELS"

    /// The folders of model files besides the place that is asked for, in order: those in `NOETHER_MODELS`,
    /// if that is set, and noether/models in the user's folder for application data.
    let folders () : string list =
        let own = Environment.GetFolderPath Environment.SpecialFolder.LocalApplicationData

        [ match Environment.GetEnvironmentVariable FolderVariable with
          | null
          | "" -> ()
          | folders ->
              yield!
                  folders.Split(
                      Path.PathSeparator,
                      StringSplitOptions.RemoveEmptyEntries ||| StringSplitOptions.TrimEntries
                  )
          if own <> "" then Path.Combine(own, "noether", "models") ]

    /// The path of a model's file: the path itself if there is such a file, or the file of that name in one of `folders`;
    /// a name may lack its ending .nqx there. Errors: `FileFailure`, which says where files are published and where they
    /// are looked for. Nothing is ever downloaded.
    let find (path: string) : Result<string, NoetherError> =
        let name = Path.GetFileName path |> Option.ofObj |> Option.defaultValue path

        let candidates =
            [ path
              for folder in folders () do
                  Path.Combine(folder, name)

                  if not (name.EndsWith(".nqx", StringComparison.OrdinalIgnoreCase)) then
                      Path.Combine(folder, name + ".nqx") ]

        match List.tryFind File.Exists candidates with
        | Some found -> Ok found
        | None ->
            let places = folders () |> List.map (fun folder -> $"'{folder}'") |> String.concat " or "

            Error(
                FileFailure(
                    path,
                    "there is no such file. The authors of Nequix publish their models in the repository "
                    + "atomicarchitects/nequix on GitHub: the README there links the .nqx files. Give the path of one, or "
                    + $"put it into {places} (the variable {FolderVariable} names another folder)"
                )
            )

    /// The model of a file, found by `find`. Errors: `FileFailure`; `Malformed`, `Inconsistent` and `NonFinite` with the
    /// byte; `InvalidArgument` for settings that are not supported.
    let read (path: string) : Result<NequixModel, NoetherError> =
        Outcome.capture (fun () ->
            let found = find path |> Outcome.getOrFail
            Files.guard found (fun () -> File.ReadAllBytes found) |> parseBytes found |> Outcome.getOrFail)

    /// Writes a model to a file; an existing file is replaced. Errors: `FileFailure`.
    let write (path: string) (model: NequixModel) : Result<unit, NoetherError> =
        Outcome.capture (fun () -> OutputFile.Replace(path, format model))
