# Writes the three layouts of ANI data sets with h5py, as their authors do.
import h5py, numpy as np, sys
out = sys.argv[1]
x = np.arange(2*3*3).reshape(2,3,3)*0.1
with h5py.File(out + "/legacy.h5", "w") as f:
    g = f.create_group("gdb11_s01/gdb11_s01-1")
    g["species"] = np.array([b"O", b"H", b"H"])
    g["coordinates"] = x.astype(np.float32)
    g["energies"] = np.array([-76.1, -76.2])
    g["smiles"] = np.array([b"[H]", b"O"])
with h5py.File(out + "/ani1x.h5", "w") as f:
    g = f.create_group("H2O1")
    g["atomic_numbers"] = np.array([8, 1, 1], dtype=np.uint8)
    g["coordinates"] = x.astype(np.float32)
    g["wb97x_dz.energy"] = np.array([-76.1, -76.2])
    g["wb97x_dz.forces"] = (x*0.01).astype(np.float32)
    g["wb97x_dz.dipole"] = np.ones((2, 3))
    g["wb97x_dz.cm5_charges"] = np.array([[-0.6, 0.3, 0.3], [-0.5, 0.25, 0.25]])
    g["ccsd(t)_cbs.energy"] = np.array([np.nan, -76.3])
    g = f.create_group("C1H4")
    g["atomic_numbers"] = np.array([6, 1, 1, 1, 1], dtype=np.uint8)
    g["coordinates"] = np.ones((1, 5, 3)) * np.arange(5)[None, :, None]
    g["wb97x_dz.energy"] = np.array([-40.5])
with h5py.File(out + "/torchani.h5", "w", libver="latest") as f:
    g = f.create_group("003")
    g.create_dataset("species", data=np.array([[8, 1, 1], [1, 1, -1]]))
    g.create_dataset("coordinates", data=x.astype(np.float32), chunks=True, compression="gzip")
    g.create_dataset("energies", data=np.array([-76.1, -1.17]))
    g.create_dataset("forces", data=(x*0.01).astype(np.float32))
