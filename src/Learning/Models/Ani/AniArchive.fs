namespace Noether.Learning

open System
open System.IO
open System.IO.Compression
open Noether.Domain

/// Files below one place: a folder, or a .zip of one. Names are relative, with '/' between folders.
[<NoComparison; NoEquality>]
type internal AniArchive =
    {
        /// What a file is called in messages.
        Shown: string -> string
        /// Whether there is a file of this name.
        Has: string -> bool
        /// The bytes of a file; raises `FileFailure`.
        Read: string -> byte[]
        /// The names of the files nearest to the top.
        Top: string list
    }

/// Opening archives.
[<RequireQualifiedAccess>]
module internal AniArchive =
    let ofFolder (folder: string) : AniArchive =
        let full (name: string) = Path.Combine(folder, name.Replace('/', Path.DirectorySeparatorChar))

        { Shown = full
          Has = full >> File.Exists
          Read = fun name -> Files.guard (full name) (fun () -> File.ReadAllBytes(full name))
          Top =
            Files.guard folder (fun () ->
                [ for file in Directory.GetFiles folder |> Array.sort -> nonNull (Path.GetFileName file) ]) }

    let private bytesOf (entry: ZipArchiveEntry) =
        use stream = entry.Open()
        use memory = new MemoryStream()
        stream.CopyTo memory
        memory.ToArray()

    /// All files of a .zip, in memory. Those that systems add about files (__MACOSX) are passed over.
    let ofZip (path: string) : AniArchive =
        Files.guard path (fun () ->
            use archive = ZipFile.OpenRead path

            let files =
                Map
                    [ for entry in archive.Entries do
                          let name = entry.FullName.Replace('\\', '/')

                          if
                              not (name.EndsWith '/') && not (name.StartsWith("__MACOSX/", StringComparison.Ordinal))
                          then
                              name, bytesOf entry ]

            let depth (name: string) = name.Split('/').Length
            let least = if files.IsEmpty then 0 else files.Keys |> Seq.map depth |> Seq.min
            let shown name = $"{path}/{name}"

            let read name =
                match Map.tryFind name files with
                | Some bytes -> bytes
                | None -> Outcome.raise (FileFailure(shown name, "there is no such file in the archive"))

            { Shown = shown
              Has = files.ContainsKey
              Read = read
              Top = files.Keys |> Seq.filter (fun name -> depth name = least) |> List.ofSeq })

    /// The folder of a file's name, with its '/', or nothing.
    let folderOf (name: string) = name.Substring(0, name.LastIndexOf '/' + 1)
