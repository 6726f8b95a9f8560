// A potential from structures in memory, in one call: energies, forces and stress of argon by Lennard-Jones are learnt by a
// small NequIP, which is saved, read, and asked for the derivatives of an energy by its parameters.
//
//     dotnet fsi --optimize+ scripts/07-train-in-one-call.fsx
//
// Ends in assertions. `noether train` does the same from files; scripts/09-train-a-potential.fsx builds a training by hand.
#load "noether.fsx"

open System.IO
open Noether.Kernels

let check what good = if not good then failwith $"{what} does not hold"

// The data -----------------------------------------------------------------------------------------------------------------

let teacher =
    PairParameters.everywhere 3.0 (Tensor.vector [ 0.0104; 2.4 ])
    |> Result.bind (PairPotential.create "argon" (LennardJones()) ForceShifted)
    |> orFail

let labelled (seed: uint64) =
    let structure = Crystal.fcc "Ar" 3.6 |> Result.bind (Structure.rattle 0.1 (RandomKey.FromSeed seed)) |> orFail

    let results = Evaluate.run teacher structure |> orFail

    structure
    |> Structure.withInfo "energy" (Property.real results.Energy)
    |> Result.bind (Structure.withInfo "stress" (Property.reals results.Stress.Value))
    |> Result.bind (Structure.withPerAtom "forces" (Property.rows 3 results.Forces |> orFail))
    |> orFail

let structures = [ for seed in 1UL .. 20UL -> labelled seed ]

// The training -------------------------------------------------------------------------------------------------------------

let network = { Nequip.ofFeatures 2 1 (Nequip.features false [ 4; 4 ]) with Cutoff = 3.0 }
let model = Untrained(NequipFamily.untrained None network)
let configuration = { TrainingConfiguration.create (Structures structures) model with Epochs = 30 }
let trained = Trainer.run configuration |> orFail
let potential = LearnedModel.potential Float64 trained |> orFail

let forces = trained.Errors["validation"].Forces.Value
printfn $"forces of the validation set: RMSE {forces.Rmse * 1000.0:F2} meV/Å"

// A model that knows nothing has the root mean square of the forces as its error.
let size =
    let all = structures |> List.collect (fun own -> List.ofSeq (Evaluate.run teacher own |> orFail).Forces)
    sqrt (List.averageBy (fun x -> x * x) all)

check "the network has learnt more than half of the forces" (forces.Rmse < 0.5 * size)

// The file, and derivatives by parameters ---------------------------------------------------------------------------------

let path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".safetensors")
ModelFile.write path trained |> orFail
let read = ModelFile.read path |> orFail
File.Delete path

let energy (potential: Potential) = (Evaluate.run potential structures[0] |> orFail).Energy
check "the file holds the model to the bit" (energy potential = energy (LearnedModel.potential Float64 read |> orFail))

let slopes =
    let architecture = Architecture.trainable "argon" read.Architecture |> orFail
    let pairs = Neighbours.build architecture.Cutoff structures[0] |> orFail
    let data = PairData.ofStructure pairs structures[0]
    Tree.grad (fun parameters -> Tensor.sum (architecture.Energies parameters data)) read.Parameters

check
    "an energy depends on its parameters"
    (Tree.leaves slopes |> List.exists (Tensor.toArray >> Array.exists ((<>) 0.0)))
