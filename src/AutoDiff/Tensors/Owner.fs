namespace Noether.AutoDiff

open System
open System.Collections.Generic
open System.Threading
open Noether.Kernels

/// Arrays that nobody uses, to be written again: the first touch of a page costs some thirty times what writing a warm
/// one does. Only an `Owner` adds to them. Any number of threads may take and give.
[<Sealed; AllowNullLiteral(false)>]
type internal FreeArrays() =
    let most = 512L <<< 20
    let arrays = Dictionary<struct (Type * int), Stack<Array>>()
    let mutable bytes = 0L
    let mutable rows: int[] = Array.empty

    /// Those of tensors.
    static member val Tensors = FreeArrays()

    /// An array of a length with anything in it, if there is one.
    member _.Take<'T when 'T: unmanaged>(length: int) : 'T[] voption =
        lock arrays (fun () ->
            match arrays.TryGetValue(struct (typeof<'T>, length)) with
            | true, equal when equal.Count > 0 ->
                bytes <- bytes - int64 length * int64 sizeof<'T>
                ValueSome(equal.Pop() :?> 'T[])
            | _ -> ValueNone)

    /// Integers, as many as there are.
    member _.TakeRows() : int[] = Interlocked.Exchange(&rows, Array.empty)

    /// Adds an array that nobody else has. At most 512 MB are held: beyond, all are dropped, since other lengths are in
    /// use now. Of integers the last array is held.
    member _.Give(array: Array) =
        match array with
        | :? (int[]) as integers -> Volatile.Write(&rows, integers)
        | _ ->
            let size = int64 (Buffer.ByteLength array)

            if size > 0L && size <= most then
                lock arrays (fun () ->
                    if bytes + size > most then
                        arrays.Clear()
                        bytes <- 0L

                    let key = struct (nonNull (array.GetType().GetElementType()), array.Length)

                    match arrays.TryGetValue key with
                    | true, equal -> equal.Push array
                    | _ -> arrays.Add(key, Stack [ array ])

                    bytes <- bytes + size)

/// The arrays that one computation of the library made and has to itself. They alone are ever written again.
///
/// *An array enters* when a kernel of the library makes it, and in no other way: what a user made, before or within the
/// computation, is never in it.
///
/// *An array leaves*, for good, when anybody else gets to see it: as a result of the computation, or as an argument of a
/// user's function. That runs outside of every owner (`Outside`), so that what it makes is its own.
///
/// *What is left* at the end nobody can read any more, and it goes to the free arrays.
///
/// One owner belongs to one thread; the owner of a thread's tensors is the innermost that is open.
[<Sealed>]
type internal Owner(free: FreeArrays, outer: Owner | null) =
    // Made with the first array: many computations have none that is large.
    let mutable held: HashSet<Array> | null = null

    [<ThreadStatic; DefaultValue>]
    static val mutable private current: Owner | null

    static let rec forget (array: Array) (owner: Owner | null) =
        match owner with
        | null -> ()
        | owner ->
            owner.Disown array |> ignore
            forget array owner.Outer

    /// An owner of nothing yet.
    new(free) = Owner(free, null)

    member private _.Outer = outer

    /// Whether the computation has an array to itself.
    member _.Owns(array: Array) =
        match held with
        | null -> false
        | held -> held.Contains array

    /// Adds an array that the library has just made.
    member _.Own(array: Array) =
        match held with
        | null -> held <- HashSet<Array>([| array |], HashIdentity.Reference)
        | held -> held.Add array |> ignore

    /// Removes an array that others get to see; whether it was there.
    member _.Disown(array: Array) =
        match held with
        | null -> false
        | held -> held.Remove array

    /// A new array with anything in it.
    member owner.Take<'T when 'T: unmanaged>(length: int) : 'T[] =
        let array =
            match free.Take<'T> length with
            | ValueSome array -> array
            | ValueNone -> GC.AllocateUninitializedArray<'T> length

        if length > 0 then owner.Own array
        array

    /// A new array of zeros.
    member owner.TakeZeros(length: int) : float[] =
        let zeros = owner.Take<float> length
        Propagator.Clear(Span zeros)
        zeros

    /// Room for integers that the library is about to make, of any length, perhaps none.
    member _.TakeRows() : int[] = free.TakeRows()

    /// The owner of a part of the computation.
    member owner.Inner() = Owner(free, owner)

    /// Ends the use of an array, if it is the computation's own.
    member owner.Release(array: Array) =
        if owner.Disown array then
            forget array Owner.current
            free.Give array

    /// Ends the use of all arrays but those that are still to be read.
    member _.Retain(read: Array seq) =
        match held with
        | null -> ()
        | own ->
            let kept = HashSet<Array>(read, HashIdentity.Reference)
            kept.IntersectWith own

            for array in own do
                if not (kept.Contains array) then free.Give array

            held <- kept

    /// Ends the computation: what outlives it goes to the one that it is a part of, the other arrays are free. Null for
    /// all, where it is not known.
    member owner.Close(results: Array seq | null) =
        match results with
        | null -> ()
        | results -> owner.Retain results

        match held, outer with
        | null, _
        | _, null -> ()
        | own, outer -> Seq.iter outer.Own own

        held <- null

    /// An array for the elements of a tensor, which does not move in memory.
    static member TakePinned<'T when 'T: unmanaged>(length: int) : 'T[] =
        let array =
            match FreeArrays.Tensors.Take<'T> length with
            | ValueSome array -> array
            | ValueNone -> GC.AllocateUninitializedArray<'T>(length, true)

        match Owner.current with
        | null -> ()
        | owner -> owner.Own array

        array

    /// Opens an owner of the tensors that this thread makes; it is ended by `End`.
    static member Begin() : Owner =
        let owner = Owner(FreeArrays.Tensors, Owner.current)
        Owner.current <- owner
        owner

    /// Closes the innermost owner.
    static member End(results: Array seq | null) =
        let own = nonNull Owner.current
        Owner.current <- own.Outer
        own.Close results

    /// A user's function, which sees some arrays and keeps what it likes.
    static member Outside (seen: Array seq) (f: unit -> 'R) : 'R =
        match Owner.current with
        | null -> f ()
        | owner ->
            for array in seen do
                forget array owner

            Owner.current <- null

            try
                f ()
            finally
                Owner.current <- owner
