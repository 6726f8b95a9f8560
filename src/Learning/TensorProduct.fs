namespace Noether.Learning

open Noether.AutoDiff

/// Products of features that transform as irreps.
[<RequireQualifiedAccess>]
module TensorProduct =

    /// The couplings of l₁ (one chunk) with every component of flat harmonics to all wanted outputs, as a matrix
    /// [J, Σ(2l₃+1)·(2l₁+1)], times √(2l₃+1).
    let private couplings l1 (paths: (int * int * int) list) width precision =
        let d1 = 2 * l1 + 1
        let columns = paths |> List.sumBy (fun (_, _, l3) -> (2 * l3 + 1) * d1)
        let table = Array.zeroCreate<float>(width * columns)
        let mutable start = 0

        for offset, l2, l3 in paths do
            for entry in (ClebschGordan.coupling l1 l2 l3).Entries do
                let column = start + entry.K * d1 + entry.I
                table[(offset + entry.J) * columns + column] <- sqrt (float (2 * l3 + 1)) * entry.Value

            start <- start + (2 * l3 + 1) * d1

        Tensor.ofArray [| width; columns |] table |> Tensor.cast precision

    /// The product of features with the spherical harmonics of the same rows, in component normalisation
    /// (C·√(2l₃+1), Σ C² = 1), for the outputs whose irrep passes the filter. `harmonics` is [n, Σ(2l₂+1)] for the degrees
    /// `degrees`, one copy each, parity (−1)^l. Paths come in the order of e3nn: chunks of x, degrees, l₃ ascending.
    let withHarmonics (wanted: Irrep -> bool) (degrees: int list) (harmonics: Tensor) (x: IrrepsTensor) =
        let offsets = degrees |> List.scan (fun start l -> start + 2 * l + 1) 0

        [ for irrep, chunk in IrrepsTensor.parts x do
              let paths =
                  [ for l2, offset in List.zip degrees (List.take degrees.Length offsets) do
                        for out in Irrep.product irrep (Irrep.create l2 (Parity.ofDegree l2)) do
                            if wanted out then offset, l2, out ]

              if not paths.IsEmpty then
                  let table =
                      couplings
                          irrep.L
                          [ for offset, l2, out in paths -> offset, l2, out.L ]
                          harmonics.Shape[1]
                          harmonics.Precision

                  let components = paths |> List.sumBy (fun (_, _, out) -> out.Dim)

                  let matrices =
                      Tensor.matmul harmonics table |> Tensor.reshape [| chunk.Shape[0]; components; irrep.Dim |]

                  let product = Tensor.matmul matrices chunk
                  let starts = paths |> List.scan (fun start (_, _, out) -> start + out.Dim) 0

                  for start, (_, _, out) in List.zip (List.take paths.Length starts) paths do
                      out, Tensor.slice 1 start (start + out.Dim) product ]
