/// A potential that keeps every law, and ways to spoil it.
module Noether.Tests.PotentialLawsChecks

open System.Collections.Immutable
open Noether.AutoDiff
open Noether.Laws
open Noether.Physics
open Noether.Tests.DomainChecks

/// Parameters for all pairs.
let everywhere cutoff values = PairParameters.everywhere cutoff (Tensor.vector values) |> ok

/// A pair potential.
let pair name f truncation parameters = PairPotential.create name f truncation parameters |> ok

/// The Lennard-Jones potential in its own units.
let lennardJones truncation = pair "LJ" (LennardJones()) truncation (everywhere 2.5 [ 1.0; 1.0 ])

/// Immutable numbers.
let array (values: float seq) = ImmutableArray.CreateRange values

/// The elements of the structures.
let elements = [ "Ar"; "Kr" ]

/// A potential that keeps every law.
let good =
    lazy (PotentialSubject.ofPotential (PotentialSubject.structuresFor elements 2.5 |> ok) (lennardJones (Smooth 1.9)))

/// Other results for each structure.
let saying change (subject: PotentialSubject) =
    { subject with
        Evaluate = fun structure -> subject.Evaluate structure |> Result.map (change structure)
        Ways = [] }

/// The results of another potential, which nothing but its energies defines.
let instead potential (subject: PotentialSubject) =
    { PotentialSubject.ofPotential subject.Structures potential with
        Scales = subject.Scales }
