namespace Noether.Kernels;

/// <summary>The near neighbours of points: unit vectors, distances, and functions of the distances.</summary>
internal unsafe struct LegArrays
{
    public double* X, Y, Z, Lengths, Inverses, Pairs, PairSlopes, Legs, LegSlopes;
    public int* Entries;

    /// <summary>Doubles that hold arrays of a length.</summary>
    public static nint Size(int length) => 10 * (nint)length;

    /// <summary>Cuts memory of <see cref="Size"/> doubles into arrays of a length.</summary>
    public static LegArrays Of(double* memory, int length)
    {
        nint n = length;
        return new()
        {
            X = memory,
            Y = memory + n,
            Z = memory + (2 * n),
            Lengths = memory + (3 * n),
            Inverses = memory + (4 * n),
            Pairs = memory + (5 * n),
            PairSlopes = memory + (6 * n),
            Legs = memory + (7 * n),
            LegSlopes = memory + (8 * n),
            Entries = (int*)(memory + (9 * n)),
        };
    }

    /// <summary>The arrays from an element on.</summary>
    public readonly LegArrays From(int element) => new()
    {
        X = X + element,
        Y = Y + element,
        Z = Z + element,
        Lengths = Lengths + element,
        Inverses = Inverses + element,
        Pairs = Pairs + element,
        PairSlopes = PairSlopes + element,
        Legs = Legs + element,
        LegSlopes = LegSlopes + element,
        Entries = Entries + element,
    };
}

/// <summary>Derivatives of the sums of points by the vectors to their neighbours, on their way to these.</summary>
internal unsafe struct GradientArrays
{
    public double* X, Y, Z;
    public int* Rows;

    /// <summary>Doubles that hold arrays of a length.</summary>
    public static int Size(int length) => checked(4 * length);

    /// <summary>The arrays of a length of one slot in memory of many.</summary>
    public static GradientArrays Of(double* memory, int slot, int length)
    {
        nint n = length;
        double* own = memory + (slot * (nint)Size(length));
        return new() { X = own, Y = own + n, Z = own + (2 * n), Rows = (int*)(own + (3 * n)) };
    }

    /// <summary>The arrays from an element on.</summary>
    public readonly GradientArrays From(int element) =>
        new() { X = X + element, Y = Y + element, Z = Z + element, Rows = Rows + element };

    /// <summary>Adds them to their own point, whose force they are, and its virial −Σ r⊗g.</summary>
    public readonly void AddOwn(in LegArrays legs, int count, double* force, double* virial)
    {
        double* total = stackalloc double[9];
        for (int c = 0; c < 9; c++)
        {
            total[c] = 0;
        }

        (double fx, double fy, double fz) = (0, 0, 0);
        for (int j = 0; j < count; j++)
        {
            (double gx, double gy, double gz) = (X[j], Y[j], Z[j]);
            double r = legs.Lengths[j];
            (double x, double y, double z) = (r * legs.X[j], r * legs.Y[j], r * legs.Z[j]);
            fx += gx;
            fy += gy;
            fz += gz;
            total[0] += x * gx;
            total[1] += x * gy;
            total[2] += x * gz;
            total[3] += y * gx;
            total[4] += y * gy;
            total[5] += y * gz;
            total[6] += z * gx;
            total[7] += z * gy;
            total[8] += z * gz;
        }

        force[0] += fx;
        force[1] += fy;
        force[2] += fz;
        for (int c = 0; c < 9; c++)
        {
            virial[c] -= total[c];
        }
    }

    /// <summary>Takes them from the forces on the neighbours, which are points or images of points.</summary>
    public readonly void Subtract(int count, int points, int* sources, double* forces)
    {
        for (int e = 0; e < count; e++)
        {
            int row = Rows[e];
            double* force = forces + (3 * (nint)(row < points ? row : sources[row - points]));
            force[0] -= X[e];
            force[1] -= Y[e];
            force[2] -= Z[e];
        }
    }
}
