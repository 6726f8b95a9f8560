/// Properties on generated values, always the same ones: a failure prints its value and the seeds that give it again.
[<AutoOpen>]
module Noether.Tests.Properties

open Expecto
open FsCheck
open FsCheck.FSharp

let private seed, gamma = 20260UL, 401UL

/// A law of 200 values of a generator.
let property (name: string) (generator: Gen<'T>) (law: 'T -> bool) =

    let config =
        { FsCheckConfig.defaultConfig with
            maxTest = 200
            replay = Some(seed, gamma, None) }

    testPropertyWithConfig config name (Prop.forAll (Arb.fromGen generator) law)

/// A law of 100 values that FsCheck knows how to generate, from a seed.
let propertyFrom (name: string) (seed: uint64) law =
    testPropertyWithConfig { FsCheckConfig.defaultConfig with replay = Some(seed, 1UL, None) } name law

/// The law of `property` inside of a test that has more to say.
let holds (generator: Gen<'T>) (law: 'T -> bool) =
    let config = Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(Some { Rnd = Rnd(seed, gamma); Size = None })
    Check.One(config, Prop.forAll (Arb.fromGen generator) law)

/// The law of `propertyFrom` inside of a test that has more to say.
let check (seed: uint64) law =
    Check.One(Config.QuickThrowOnFailure.WithReplay(Some { Rnd = Rnd(seed, 1UL); Size = None }), law)
