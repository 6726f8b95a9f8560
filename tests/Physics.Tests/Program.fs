module Noether.Tests.Program

let private leftOut =
    [ "mechanics/energies.json",
      [ "cases/*/parameters"; "cases/*/lammps_pair" ],
      "parameters, which the tests write out"
      "mechanics/energies.json",
      [ "cases/*/difference_lammps_own"; "cases/*/difference_lammps_ase" ],
      "how far the programs are apart"
      "mechanics/energies.json",
      [ for name in [ "stillinger_weber"; "tersoff_sic"; "tersoff_si_dense" ] -> $"cases/{name}/lammps/per_atom_energy" ],
      "LAMMPS shares the energy of a triple among its atoms"
      "mechanics/solids.json",
      [ "solids/*/cutoff"
        "solids/*/dE_dstrain_at_minimum"
        "solids/*/conventional_lattice_constant"
        "solids/*/phonons/hermitian_error" ],
      "cell and potential have them; rounding of the program"
      "mechanics/bonded.json", [ "cases/*/phi_radians" ], "angles, of which energies and forces are made"
      "mechanics/clusters.json",
      [ "LJ4/ase_vibrations/delta"
        "LJ4/ase_vibrations/nfree"
        "cell_relaxation_fcc_lj/stress"
        "cell_relaxation_fcc_lj/fmax"
        "cell_relaxation_fcc_lj/steps" ],
      "how the program came to its numbers"
      "mechanics/trajectories.json",
      [ for what in [ "symbols"; "masses"; "pbc"; "potential"; "timestep_fs" ] do
            yield $"ase_nve/{what}"
        for run in [ "lammps_nve_lj_shifted"; "lammps_nve_lj_force_shifted" ] do
            for what in [ "positions"; "velocities"; "timestep"; "pair" ] do
                yield $"{run}/{what}" ],
      "what the tests write out; the start is the first frame"
      "neighbours/small.json", [ "cases/name" ], "names"
      "neighbours/large.json", [ "cases/checks/sum_D" ], "sums of vectors, whose lengths are compared"
      "neighbours/species.json", [ "pbc" ], "true three times"
      "neighbours/derived.json", [ "pbc" ], "true three times"
      "nequip/edges.json", [ "cutoff" ], "the tutorial's"
      "featomic.zip", [ "systems/*/pbc" ], "cells tell"
      "featomic.zip", [ "systems/slab" ], "no case has it"
      "featomic.zip",
      [ "cases/*/hypers/density/type"
        "cases/*/hypers/density/scaling/type"
        "cases/*/hypers/basis/type"
        "cases/*/hypers/basis/radial/type"
        "cases/*/hypers/basis/by_angular/*/type" ],
      "kinds of which the library has one"
      for name in [ "charged6"; "triclinic5"; "skewed4"; "left_handed4"; "slab_z"; "slab_y_charged" ] do
          $"electrostatics/{name}.json",
          [ "structure/name"
            "structure/nl_pbc"
            "structure/units"
            "calculations/*/parameters/potential/potentials/smearing"
            "calculations/*/result/n_pairs"
            "calculations/*/result/ns"
            "calculations/*/result/mesh"
            "calculations/*/result/energy_per_channel"
            "converged/*/result/n_pairs"
            "converged/*/result/ns"
            "converged/*/other_smearing"
            "converged/*/spread" ],
          "how the program came to its numbers, and how good they are"
      for name in [ "charged6"; "slab_y_charged" ] do
          $"electrostatics/{name}.json",
          [ "converged/p=3" ],
          "a sum of r⁻³ of charges that are not neutral has no value"
      for name in [ "slab_z"; "slab_y_charged" ] do
          $"electrostatics/{name}.json",
          [ "calculations/*/parameters/periodic"; "vacuum_series" ],
          "the open axis is read, which ends the search; slabs between vacuum, which the corrected ones stand for"
      "electrostatics/slab_y_charged.json", [ "converged/*/parameters/periodic" ], "likewise"
      "electrostatics/splits.json",
      [ "splits"; "exclusion"; "special_functions"; "prefactors" ],
      "derivatives, limits and special functions of the splits that are compared"
      "electrostatics/tutorial.json",
      [ "cell"; "charges"; "printed_tuned_values"; "calculations"; "old_tuner_without_noise"; "old_library_note" ],
      "steps of a tuner, whose results are compared, and sums as in the other files" ]

[<EntryPoint>]
let main arguments = Unread.runTests leftOut arguments
