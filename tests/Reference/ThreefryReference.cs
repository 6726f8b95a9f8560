namespace Noether.Reference;

/// <summary>
/// Threefry-2x32 as its paper states it: rounds with a table of rotations, a key injected after every fourth
/// (Salmon et al., SC 2011, section 3 and table 2).
/// </summary>
public static class ThreefryReference
{
    private static readonly int[] Rotations = [13, 15, 26, 6, 17, 29, 16, 24];

    public static (uint First, uint Second) Block(uint k0, uint k1, uint x0, uint x1, int rounds = 20)
    {
        uint[] key = [k0, k1, 0x1BD11BDA ^ k0 ^ k1];
        x0 += key[0];
        x1 += key[1];
        for (var round = 0; round < rounds; round++)
        {
            var rotation = Rotations[round % 8];
            x0 += x1;
            x1 = (x1 << rotation) | (x1 >> (32 - rotation));
            x1 ^= x0;
            if (round % 4 == 3)
            {
                var injection = (round / 4) + 1;
                x0 += key[injection % 3];
                x1 += key[(injection + 1) % 3] + (uint)injection;
            }
        }

        return (x0, x1);
    }
}
