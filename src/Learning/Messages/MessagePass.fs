namespace Noether.Learning

open System
open Noether.AutoDiff
open Noether.Equivariance
open Noether.Kernels

/// One chunk of the features times the harmonics of one degree, coupled to one irrep. The channels of the chunk stay
/// apart ("uvu" with one harmonic), each with a weight of its own.
type MessageTerm =
    {
        /// The chunk of the input irreps, from 0.
        Input: int
        /// The degree of the harmonics; their parity is (−1)^degree.
        Degree: int
        /// The output.
        Output: Irrep
        /// The factor before the coupling with Σ C² = 1.
        Coefficient: float
    }

/// The products of a message pass, prepared once for a network.
[<NoComparison; NoEquality>]
type MessagePlan =
    {
        /// The features of the nodes.
        Input: Irreps
        /// The degrees of the harmonics, one copy each.
        Degrees: int list
        /// The terms in the order of the weights: stably sorted by what comes out, each with as many columns of weights as
        /// its chunk of features has copies.
        Terms: MessageTerm list
        /// The sums at the nodes, at most one chunk of every irrep: the copies of its terms one after the other.
        Output: Irreps
        /// The same for the kernel.
        Kernel: MessagePaths
    }

/// The form of a message pass; its slots are features, harmonics, weights and output.
[<Sealed>]
type internal MessageForm(paths: MessagePaths, edges: MessageEdges) =
    inherit Form("message pass", 4)

    let shapes =
        [| [| edges.Nodes; paths.InputWidth |]
           [| edges.Count; paths.HarmonicsWidth |]
           [| edges.WeightRows; paths.WeightsWidth |]
           [| edges.Targets; paths.OutputWidth |] |]

    override this.Contract(values, slot) = nonNull (this.ContractMany(values, 1 <<< slot)[slot])

    override _.ContractMany<'T
        when 'T: unmanaged
        and 'T: (new: unit -> 'T)
        and 'T: struct
        and 'T :> ValueType
        and 'T :> System.Numerics.IBinaryFloatingPointIeee754<'T>>
        (values, slots)
        =
        let results: (Raw<'T> | null)[] =
            shapes |> Array.mapi (fun i shape -> if slots &&& (1 <<< i) <> 0 then Raw.create shape else null)

        Messages.ContractInto(
            paths,
            edges,
            enum<MessageSlots> slots,
            MessageForm.Given values[0],
            MessageForm.Given values[1],
            MessageForm.Given values[2],
            MessageForm.Given values[3],
            MessageForm.Wanted results[0],
            MessageForm.Wanted results[1],
            MessageForm.Wanted results[2],
            MessageForm.Wanted results[3]
        )

        results

    // A single open slot has no value.
    static member private Given(x: Tensor | null) : ReadOnlySpan<_> =
        match x with
        | null -> ReadOnlySpan.Empty
        | x -> (data x).Span

    static member private Wanted(x: Raw<_> | null) : Span<_> =
        match x with
        | null -> Span.Empty
        | x -> x.Output

/// Messages along the edges of a graph: the gather of the senders' features, their product with the harmonics of the
/// edge, the radial weights and the sum at the receivers, as one form. Features are rows [n, dim], in which a chunk lies
/// in consecutive columns, component outer and channel inner: [2l+1, copies].
[<RequireQualifiedAccess>]
module MessagePass =

    let private fail (operation: string) (what: string) = raise (ArgumentException $"MessagePass.{operation}: {what}")

    /// A term with the coefficient √(2l₃+1): component normalisation.
    let term input degree (output: Irrep) =
        { Input = input
          Degree = degree
          Output = output
          Coefficient = sqrt (float output.Dim) }

    /// All terms whose output passes the filter, in e3nn's order: chunks of the input, degrees as given, l₃ ascending;
    /// with component normalisation.
    let terms (wanted: Irrep -> bool) (degrees: int list) (input: Irreps) =
        [ for i, chunk in List.indexed input.Chunks do
              for degree in degrees do
                  for output in Irrep.product chunk.Irrep (Irrep.create degree (Parity.ofDegree degree)) do
                      if wanted output then term i degree output ]

    /// Column where each chunk starts, and the end.
    let private starts (irreps: Irreps) = irreps.Chunks |> List.scan (fun start chunk -> start + chunk.Dim) 0

    /// The column where each degree starts, and the end.
    let private harmonics degrees = degrees |> List.scan (fun start l -> start + 2 * l + 1) 0

    let private couplings l1 (term: MessageTerm) =
        [ for entry in (ClebschGordan.coupling l1 term.Degree term.Output.L).Entries ->
              MessageCoupling(entry.I, entry.J, entry.K, term.Coefficient * entry.Value) ]

    /// Prepares terms, which are stably sorted by their outputs; equal outputs are merged into one chunk. The degrees are
    /// those of the harmonics' columns, one copy each. ArgumentException where a term names a chunk or a degree that is
    /// not there, or an output that is not in the product.
    let plan (input: Irreps) (degrees: int list) (terms: MessageTerm list) : MessagePlan =
        let chunks = Array.ofList input.Chunks

        for term in terms do
            if term.Input < 0 || term.Input >= chunks.Length then
                fail "plan" $"a term uses chunk {term.Input} of {input.AsText}"

            if not (List.contains term.Degree degrees) then
                fail "plan" $"a term uses degree {term.Degree}, the harmonics have degrees %A{degrees}"

            let harmonic = Irrep.create term.Degree (Parity.ofDegree term.Degree)

            if not (List.contains term.Output (Irrep.product chunks[term.Input].Irrep harmonic)) then
                fail "plan" $"{term.Output} is not in the product of {chunks[term.Input].Irrep} and {harmonic}"

        let terms = terms |> List.sortBy _.Output
        let copies (term: MessageTerm) = chunks[term.Input].Mul
        let output = Irreps.create [ for term in terms -> copies term, term.Output ] |> Irreps.unify
        let columns = List.zip output.Chunks (List.take output.Chunks.Length (starts output))

        let paths =
            [ for chunk, column in columns do
                  let mutable channel = column

                  for term in terms do
                      if term.Output = chunk.Irrep then
                          let from = chunks[term.Input]
                          let degree = List.findIndex ((=) term.Degree) degrees
                          channel, chunk, from, List.item degree (harmonics degrees), term
                          channel <- channel + from.Mul ]

        let weights = paths |> List.scan (fun start (_, _, from, _, _) -> start + from.Mul) 0

        let kernel =
            [ for (channel, chunk, from, harmonic, term), weight in List.zip paths (List.take paths.Length weights) ->
                  MessagePath(
                      from.Mul,
                      List.item term.Input (starts input),
                      from.Irrep.Dim,
                      harmonic,
                      2 * term.Degree + 1,
                      channel,
                      chunk.Mul,
                      chunk.Irrep.Dim,
                      weight,
                      Array.ofList (couplings from.Irrep.L term)
                  ) ]

        { Input = input
          Degrees = degrees
          Terms = terms
          Output = output
          Kernel = MessagePaths(input.Dim, List.last (harmonics degrees), output.Dim, Array.ofList kernel) }

    /// The edges of a graph, each with a row of weights of its own. The receivers ascend; ArgumentException otherwise, or
    /// where a node is not one of `nodes`.
    let edges nodes (senders: int[]) (receivers: int[]) = MessageEdges(nodes, senders, receivers)

    /// The same edges with `rows` rows of weights, of which edge e uses row `index[e]`: an edge and its reverse are of
    /// equal length and can share a row. ArgumentException where the index has another length or leaves its range.
    let shareWeights rows (index: int[]) (edges: MessageEdges) =
        MessageEdges(edges.Nodes, edges.Targets, edges.Senders, edges.Receivers, rows, index)

    let private check (plan: MessagePlan) (edges: MessageEdges) (x: Tensor) (y: Tensor) (w: Tensor) =
        let require name (tensor: Tensor) rows columns =
            if not (Shape.equal tensor.Shape [| rows; columns |]) then
                Shape.fail
                    "MessagePass.apply"
                    $"{name} have shape {Shape.print tensor.Shape}, expected {Shape.print [| rows; columns |]}"

        require "features" x edges.Nodes plan.Input.Dim
        require "harmonics" y edges.Count plan.Kernel.HarmonicsWidth
        require "weights" w edges.WeightRows plan.Kernel.WeightsWidth

    /// The messages summed at the receivers, rows [targets, dim of the plan's output], from features [nodes, dim of the
    /// input], harmonics [edges, Σ(2l+1)] and weights [rows, copies of all terms]: for a term with coupling C, factor c,
    /// channel u and component k, Σ_e w[row e, u] c Σ_ij C[i, j, k] x[sender e, i, u] Y[e, j].
    /// TensorException where a shape differs or precisions are mixed.
    let apply (plan: MessagePlan) (edges: MessageEdges) (x: Tensor) (y: Tensor) (w: Tensor) : Tensor =
        check plan edges x y w
        MessageForm(plan.Kernel, edges).Apply(3, x, y, w)

    /// The form behind `apply` with one slot open, from the values in the others, in order: features 0, harmonics 1, weights
    /// 2, output 3. Slot 3 is `apply`; the others are its transposes, as a reverse sweep takes them.
    let contract (plan: MessagePlan) (edges: MessageEdges) (slot: int) (others: Tensor[]) : Tensor =
        MessageForm(plan.Kernel, edges).Apply(slot, others)

    /// The definition of `apply` by gather, matrix products and segment sum, for comparison.
    let composed (plan: MessagePlan) (edges: MessageEdges) (x: Tensor) (y: Tensor) (w: Tensor) : Tensor =
        check plan edges x y w
        let chunks = Array.ofList plan.Input.Chunks
        let columns = Array.ofList (starts plan.Input)
        let harmonic = harmonics plan.Degrees
        let sent = Tensor.gather edges.Senders x

        let weights =
            match edges.Rows with
            | null -> w
            | rows -> Tensor.gather rows w

        let weightStarts = plan.Terms |> List.scan (fun start term -> start + chunks[term.Input].Mul) 0

        let message weight (term: MessageTerm) =
            let from = chunks[term.Input]
            let d1, d2, d3 = from.Irrep.Dim, 2 * term.Degree + 1, term.Output.Dim
            let table = Array.zeroCreate<float>(d2 * d3 * d1)

            for c in couplings from.Irrep.L term do
                table[(c.Harmonic * d3 + c.Output) * d1 + c.Input] <- c.Value

            let start = List.item (List.findIndex ((=) term.Degree) plan.Degrees) harmonic
            let table = Tensor.ofArray [| d2; d3 * d1 |] table |> Tensor.cast y.Precision

            let matrices =
                Tensor.matmul (Tensor.slice 1 start (start + d2) y) table |> Tensor.reshape [| edges.Count; d3; d1 |]

            let first = columns[term.Input]

            let features =
                Tensor.slice 1 first (first + from.Dim) sent |> Tensor.reshape [| edges.Count; d1; from.Mul |]

            let scale = Tensor.slice 1 weight (weight + from.Mul) weights
            Tensor.matmul matrices features * Tensor.unsqueeze 1 scale

        let messages =
            List.zip (List.take plan.Terms.Length weightStarts) plan.Terms
            |> List.groupBy (fun (_, term: MessageTerm) -> term.Output)
            |> List.map (fun (irrep, terms) ->
                let parts = terms |> List.map (fun (weight, term) -> message weight term)
                let all = Tensor.concat 2 parts
                Tensor.reshape [| edges.Count; irrep.Dim * all.Shape[2] |] all)

        if messages.IsEmpty then
            Tensor.full x.Precision [| edges.Targets; 0 |] 0.0
        else
            Tensor.concat 1 messages |> Tensor.segmentSum edges.Receivers edges.Targets
