/// Damaged files: every reader ends in a value or a `NoetherError`, soon, and in memory bounded by the size of the
/// file.
module Noether.Tests.FormatFuzzTests

open System
open System.Diagnostics
open System.IO
open System.IO.Compression
open System.Text
open System.Threading
open Expecto
open Noether.Domain
open Noether.Tests.DomainChecks

/// Inputs for each reader. NOETHER_FUZZ sets another number for longer runs.
let private inputs =
    match Int32.TryParse(Environment.GetEnvironmentVariable "NOETHER_FUZZ") with
    | true, count -> count
    | _ -> 100_000

let private tokens =
    [| "0"
       "-1"
       "nan"
       "inf"
       "1e400"
       "-1e-400"
       "99999999999999999999"
       "2147483648"
       "1000000000000"
       "4294967295"
       "\""
       "'"
       ";"
       "\n;\n"
       "\n"
       "\r\n"
       "\n\n"
       "\000"
       "\t"
       "["
       "[[[[[[[["
       "]"
       "{"
       "}"
       "("
       ")"
       "="
       ","
       "#"
       "!"
       "?"
       "."
       "data_"
       "loop_"
       "_cell_length_a"
       "_atom_site_fract_x"
       "'x, y, z'"
       "-x+1/2"
       "1/0"
       "Lattice=\"1 0 0 0 1 0 0 0 1\""
       "Properties=species:S:1:pos:R:3"
       ":R:1000000000"
       ":I:2"
       "a=_JSON"
       "\"_JSON [[[1]]]\""
       "pbc=\"T T F\""
       "Selective dynamics"
       "Cartesian"
       "Direct"
       "T"
       "Xx"
       "Si"
       "\uFEFF"
       "é"
       "'descr'"
       "'>f8'"
       "'|b1'"
       "True"
       "(1000000000,)"
       "(0, 7)"
       "ITEM: ATOMS id type x y z"
       "ITEM: TIMESTEP"
       "xy xz yz"
       "xlo xhi"
       "Atoms # full"
       "Velocities"
       "Bond Coeffs"
       "ATOM  "
       "ENDMDL"
       "MODEL"
       "PK\001\002"
       "PK\003\004"
       "PK\005\006" |]
    |> Array.map Encoding.UTF8.GetBytes

/// One to four random changes: bytes flipped or set, ends cut off, tokens and runs put in or over, lines and other
/// pieces doubled, taken out or moved.
let private mutate (random: Random) (seeds: byte[][]) : byte[] =
    let pick (array: 'T[]) = array[random.Next array.Length]
    let mutable data = Array.copy (pick seeds)

    for _ in 0 .. random.Next 4 do
        let n = data.Length
        let at = random.Next(n + 1)
        let put (what: byte[]) over = data <- Array.concat [ data[.. at - 1]; what; data[min n (at + over) ..] ]
        let piece = data[at .. min (n - 1) (at + random.Next 60)]

        let line () =
            let start = if at = 0 then 0 else 1 + Array.LastIndexOf(data, '\n'B, at - 1)
            let stop = if at >= n then -1 else Array.IndexOf(data, '\n'B, at)
            start, (if stop < 0 then n - 1 else stop)

        match random.Next 10 with
        | 0 when n > 0 ->
            let i = random.Next n
            data[i] <- data[i] ^^^ (1uy <<< random.Next 8)
        | 1 when n > 0 -> data[random.Next n] <- byte (random.Next 256)
        | 2 -> data <- data[.. at - 1]
        | 3 -> put (pick tokens) 0
        | 4 -> let token = pick tokens in put token token.Length
        | 5 ->
            let start, stop = line ()
            data <- Array.concat [ data[..stop]; data[start..] ]
        | 6 ->
            let start, stop = line ()
            data <- Array.append data[.. start - 1] data[stop + 1 ..]
        | 7 -> put piece 0
        | 8 -> put Array.empty piece.Length
        | _ -> put (Array.create (random.Next 200) (pick (pick tokens))) 0

    data

/// What a reader may take: some buffers, and a multiple of what it reads.
type private Bound = { Fixed: int64; Times: int64 }

/// Reads damaged files until an exception other than a `NoetherException` comes through, one input takes longer than
/// five seconds (the clock of a busy machine needs as much room), or one takes more memory than its size allows.
let private fuzz (seeds: byte[][]) (bound: Bound) (read: byte[] -> Result<unit, NoetherError>) =
    let random = Random 20260
    let limit = TimeSpan.FromSeconds 5.0
    let mutable current: byte[] = Array.empty
    let mutable failure: string option = None
    let mutable accepted = 0

    let show (what: string) = $"%s{what}: {Convert.ToBase64String current}"

    let work () =
        let mutable i = 0

        while i < inputs && failure.IsNone do
            current <- if i < seeds.Length then seeds[i] else mutate random seeds
            let memory = GC.GetAllocatedBytesForCurrentThread()
            let clock = Stopwatch.StartNew()

            try
                match read current with
                | Ok() -> accepted <- accepted + 1
                | Error error -> if NoetherError.message error = "" then failure <- Some(show "no message")
            with reason ->
                failure <- Some(show $"{reason}")

            let taken = GC.GetAllocatedBytesForCurrentThread() - memory

            if taken > bound.Fixed + bound.Times * current.LongLength then
                failure <- Some(show $"{taken} bytes of memory for {current.Length}")

            if clock.Elapsed > limit then failure <- Some(show $"{clock.Elapsed}")

            i <- i + 1

    let thread = Thread(work, IsBackground = true)
    thread.Start()

    // A reader that never returns shows as an input that does not change.
    let mutable last = Array.empty

    while not (thread.Join(TimeSpan.FromSeconds 20.0)) && failure.IsNone do
        if obj.ReferenceEquals(last, current) then failure <- Some(show "no end")

        last <- current

    Expect.isTrue failure.IsNone (Option.defaultValue "" failure)
    // Good files among the damaged ones, and not all of them good: the changes reach into the readers.
    inRange seeds.Length (inputs - inputs / 10) accepted

let private files names = names |> List.map (fun name -> File.ReadAllBytes(fixture ("files/" + name))) |> Array.ofList

let private texts (parts: string list) = parts |> List.map Encoding.UTF8.GetBytes |> Array.ofList

/// The buffer of the lines has 64 KiB; a value of a text takes an object of some tens of bytes, several on the way.
let private text = { Fixed = 300_000L; Times = 400L }

let private ignoreValue result = Result.map ignore result

let private xyzs =
    files [ "all_types.extxyz"; "trajectory.extxyz"; "hand.extxyz"; "no_lattice.extxyz"; "plain.xyz"; "crlf.extxyz" ]

/// A site may have 192 images, each with its coordinates and its place among the others.
let private symmetric = { Fixed = 300_000L; Times = 4000L }

/// One array of what the file holds, once more where the order is Fortran's, and once as truth values.
let private binary = { Fixed = 20_000L; Times = 40L }

/// Deflate makes at most 1032 bytes of one, taken twice at most.
let private deflated = { Fixed = 200_000L; Times = 2100L }

/// The bytes that a reader takes.
let private taken (read: unit -> 'T) =
    let before = GC.GetAllocatedBytesForCurrentThread()
    let result = read ()
    struct (result, GC.GetAllocatedBytesForCurrentThread() - before)

[<Tests>]
let tests =
    testSequenced
    <| testList
        "FormatFuzz"
        [ testCase "Extended XYZ" (fun () -> fuzz xyzs text (ExtXyz.parseBytes "f" >> ignoreValue))

          testCase "Plain XYZ" (fun () ->
              fuzz
                  (files [ "plain.xyz"; "no_lattice.extxyz"; "blank_tail.xyz" ])
                  text
                  (Xyz.parseBytes "f" >> ignoreValue))

          testCase "POSCAR" (fun () ->
              let seeds =
                  Array.append
                      (files
                          [ "cartesian.POSCAR"
                            "selective.POSCAR"
                            "scaled.POSCAR"
                            "three_scales.POSCAR"
                            "vasp4.POSCAR" ])
                      (texts [ "c\n1\n4 0 0\n0 4 0\n0 0 4\nH\n2\nd\n0 0 0\n.5 0 0\n\n1 2 3\n4 5 6\n" ])

              fuzz seeds text (Poscar.parseBytes "f" >> ignoreValue))

          testCase "CIF" (fun () ->
              let seeds =
                  Array.append
                      (files [ "written.cif"; "symmetry.cif" ])
                      (texts
                          [ "data_a\n_cell_length_a 4\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n_cell_angle_beta 90\n"
                            + "_cell_angle_gamma 120\n_title\n;two\nlines\n;\nloop_ _space_group_symop_operation_xyz\n'x,y,z' '-y,x-y,z'"
                            + " '-x+y,-x,z'\nloop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
                            + "C1 1/3 0 0\nC2 .3333(1) .6667(2) 0\nO1 .1 .2 .3\n" ])

              fuzz seeds symmetric (Cif.parseBytes "f" >> ignoreValue))

          testCase "LAMMPS data" (fun () ->
              let seeds =
                  Array.append
                      (files
                          [ "lammps_atomic.data"; "lammps_charge.data"; "lammps_full.data"; "lammps_triclinic.data" ])
                      (texts
                          [ "c\n2 atoms\n1 bonds\n2 atom types\n0 4 xlo xhi\n0 4 ylo yhi\n0 4 zlo zhi\n\nAtom Type Labels\n\n1 H\n2 O\n\n"
                            + "Pair Coeffs # lj\n\n1 1 1\n2 1 1\n\nVelocities\n\n2 0 0 1e-3\n1 0 0 0\n\n"
                            + "Atoms # molecular\n\n2 1 H 0 0 0 0 1 0\n1 1 2 0 0 1 0 0 -1\n\nBonds\n\n1 1 1 2\n" ])

              fuzz seeds text (LammpsData.parseBytes "f" >> ignoreValue))

          testCase "LAMMPS dump" (fun () ->
              let seeds =
                  Array.append
                      (files [ "lammps_dump.lammpstrj" ])
                      (texts
                          [ "ITEM: UNITS\nmetal\nITEM: TIME\n0.5\nITEM: TIMESTEP\n1\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS ff pp fs\n"
                            + "0 4\n0 4\n0 4\nITEM: ATOMS element xu yu zu c_pe label i_n vx\nSi 0 0 0 1.5 a 1 .1\nO 1 1 1 -1e-3 b 2 0\n" ])

              let dump = Formats.ofName "dump" |> ok
              let typed = { ReadingOptions.usual with Types = [ "H"; "He"; "Si"; "O" ] }
              fuzz seeds text (dump.Parse typed "f" >> ignoreValue))

          testCase "PDB" (fun () -> fuzz (files [ "hand.pdb"; "written.pdb" ]) text (Pdb.parseBytes "f" >> ignoreValue))

          testCase "npy" (fun () ->
              let seeds = files [ "c_order.npy"; "fortran_order.npy"; "int32_scalar.npy" ]
              fuzz seeds binary (Npy.parseBytes "f" >> ignoreValue))

          testCase "safetensors" (fun () ->
              let seeds =
                  [| for name in [ "c_order.npy"; "fortran_order.npy"; "int32_scalar.npy" ] do
                         let array = Npy.read (fixture ("files/" + name)) |> ok

                         SafetensorsFile.format
                             { Metadata = Map [ "by", name ]
                               Arrays = Map [ "a", array; "b/c", NpyArray.ofReals [ 0; 7 ] [] |> ok; "d", array ] }
                         |> ok |]

              // A name, an entry and its message for each few bytes of the header.
              fuzz seeds { Fixed = 100_000L; Times = 400L } (SafetensorsFile.parseBytes "f" >> ignoreValue))

          testCase "Compressed extended XYZ" (fun () ->
              fuzz
                  (files [ "trajectory.extxyz.gz" ])
                  { text with Times = 2100L }
                  (ExtXyz.parseBytes "f" >> ignoreValue))

          testCase "npz" (fun () ->
              fuzz (files [ "several.npz"; "compressed.npz" ]) deflated (Npz.parseBytes "f" >> ignoreValue))

          testCase "What a file announces costs nothing until it is there" (fun () ->
              let check limit (read: unit -> Result<'T, NoetherError>) =
                  let struct (result, bytes) = taken read
                  isTrue (Result.isError result)
                  Expect.isTrue (bytes < limit) $"{bytes} bytes"

              let parse (text: string) () = ExtXyz.parseBytes "f" (Encoding.UTF8.GetBytes text)
              check 1_000_000L (parse "700000000\n\nH 0 0 0\n")
              check 1_000_000L (parse "700000000\nProperties=species:S:1:pos:R:3:a:R:2000000000\nH 0 0 0 1\n")
              check 1_000_000L (parse "2\nProperties=species:S:1:pos:R:3:a:R:2000000000:b:R:2000000000\nH 0 0 0 1\n")
              check 2_000_000L (parse ("1\na=" + String('[', 100_000) + "\nH 0 0 0\n"))

              let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000)}"

              let npy =
                  Array.concat
                      [ [| 0x93uy |]; "NUMPY\001\000"B; [| byte header.Length; 0uy |]; Encoding.ASCII.GetBytes header ]

              check 20_000L (fun () -> Npy.parseBytes "f" npy))

          testCase "A ZIP bomb is read in no more memory than deflate can make of its bytes" (fun () ->
              // 64 MB of zeros in 64 KB: as much as deflate can do, and true.
              let zeros = NpyArray.ofReals [ 8_000_000 ] (Seq.replicate 8_000_000 0.0) |> ok
              let path = Path.Combine(Path.GetTempPath(), $"noether-{Environment.ProcessId}-bomb.npz")

              try
                  Npz.writeCompressed path (Map [ "a", zeros ]) |> ok
                  let bytes = File.ReadAllBytes path
                  let struct (result, memory) = taken (fun () -> Npz.parseBytes "f" bytes)
                  equal zeros ((ok result)["a"])
                  inRange 64_000_000L (1100L * bytes.LongLength) memory
              finally
                  File.Delete path

              // The same compressed bytes counted for two members: the second entry of the directory points to the
              // first.
              use memory = new MemoryStream()

              (use archive = new ZipArchive(memory, ZipArchiveMode.Create, true)

               for name in [ "a.npy"; "b.npy" ] do
                   use stream = archive.CreateEntry(name, CompressionLevel.Optimal).Open()
                   let data = Npy.format zeros
                   stream.Write(data, 0, data.Length))

              let whole = memory.ToArray()
              let directory = whole.AsSpan().IndexOf(ReadOnlySpan "PK\001\002"B)
              let local = whole.AsSpan(4).IndexOf(ReadOnlySpan "PK\003\004"B) + 4
              let shared = Array.append whole[.. local - 1] whole[directory..]
              let atDirectory = BitConverter.GetBytes local
              let ending = shared.AsSpan().IndexOf(ReadOnlySpan "PK\005\006"B)
              Array.blit atDirectory 0 shared (ending + 16) 4
              let second = shared.AsSpan(local + 4).IndexOf(ReadOnlySpan "PK\001\002"B) + local + 4
              Array.blit (BitConverter.GetBytes 0) 0 shared (second + 42) 4
              let message = Npz.parseBytes "f" shared |> error |> NoetherError.message
              contains "announces more compressed bytes than" message) ]
