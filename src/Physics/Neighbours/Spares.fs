namespace Noether.Physics

open System
open System.Collections.Generic
open System.Threading
open Noether.Kernels

/// Arrays that nobody uses any more, to be used again: a fresh page costs some thirty times what writing a warm one does.
/// Who gives an array away must hold the only reference to it. Any number of threads may take and give.
[<Sealed; AllowNullLiteral(false)>]
type internal Spares() =
    // More than an evaluation and a step of dynamics have in use at a time; what is over falls to the collector.
    let room = 16
    let free = List<float[]>()
    let mutable rows: int[] = Array.empty

    /// An array of a length, with anything in it.
    member _.Take(length: int) : float[] =
        let found =
            lock free (fun () ->
                match free.FindIndex(fun spare -> spare.Length = length) with
                | -1 -> ValueNone
                | at ->
                    let spare = free[at]
                    free.RemoveAt at
                    ValueSome spare)

        match found with
        | ValueSome spare -> spare
        | ValueNone -> GC.AllocateUninitializedArray length

    /// An array of a length, with zeros in it.
    member spares.TakeZeros(length: int) : float[] =
        let zeros = spares.Take length
        MovingPoints.Clear(Span zeros)
        zeros

    /// Gives an array away.
    member _.Give(array: float[]) =
        if array.Length > 0 then
            lock free (fun () ->
                if free.Count = room then free.RemoveAt 0
                free.Add array)

    /// The array that was given with `GiveRows`, or an empty one; whatever its length is.
    member _.TakeRows() : int[] = Interlocked.Exchange(&rows, Array.empty)

    /// Gives the rows of the neighbours of a list away.
    member _.GiveRows(array: int[]) = Volatile.Write(&rows, array)
