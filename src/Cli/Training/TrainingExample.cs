namespace Noether.Cli;

/// <summary>A configuration to start from.</summary>
internal static class TrainingExample
{
    /// <summary>JSON with a comment before each field; a field that is left out has the value here.</summary>
    public const string Text =
        """
        {
          // The training set: an extended XYZ file or a list of them. Paths begin in the folder of this file.
          "train": "train.extxyz",
          // The validation set, by whose score models are compared: files, a part of the training structures, or a number of them.
          "validation": 0.1,
          // The test set of the best model, in the same way (left out: none).
          // "test": "test.extxyz",
          // The names of labels in the files.
          "labels": { "energy": "energy", "forces": "forces", "stress": "stress", "virial": "virial" },
          // Energies of isolated atoms in eV, numbers or a file with a structure of each (left out: none).
          // "atoms": { "H": -13.6, "O": -2041.8 },
          // Energies of elements that the model starts with: leastSquares or atoms; keep for a model of a file.
          "offsets": "leastSquares",
          "model": {
            // nequip, nequip-torch, or "start": "model.safetensors" or "model.nqx" to fine-tune.
            "kind": "nequip",
            // Å.
            "cutoff": 5.0,
            "layers": 3,
            // A number for each degree, a list of them, or irreps such as "32x0e+16x1o".
            "features": 32,
            // The largest degree.
            "degree": 2
          },
          // Weights of mean squares; { "weight": 1, "penalty": "huber", "delta": 0.01 } for other penalties.
          "loss": { "energyPerAtom": 1, "forces": 1 },
          "optimiser": { "kind": "adam", "rate": 0.01, "schedule": "cosine" },
          // The mean of the parameters is what is used.
          "average": 0.99,
          // Structures, or { "atoms": 500 }.
          "batch": 5,
          "epochs": 100,
          // Epochs without a better score after which training ends (null: it does not).
          "patience": null,
          "seed": 0,
          "precision": "float32"
        }

        """;
}
