using System.Buffers.Binary;

namespace Noether.Kernels;

/// <summary>The checksum CRC-32 of ISO 3309 (polynomial 0xEDB88320, as in ZIP and gzip), eight bytes at a time.</summary>
public static class Crc32
{
    private static readonly uint[] Tables = MakeTables();

    /// <summary>The checksum of bytes that follow others.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="before">The checksum of what came before; 0 for the beginning.</param>
    public static uint Of(ReadOnlySpan<byte> bytes, uint before = 0)
    {
        uint crc = ~before;
        var tables = Tables;
        while (bytes.Length >= 8)
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = tables[0x700 + (low & 255)] ^ tables[0x600 + ((low >> 8) & 255)]
                ^ tables[0x500 + ((low >> 16) & 255)] ^ tables[0x400 + (low >> 24)]
                ^ tables[0x300 + (high & 255)] ^ tables[0x200 + ((high >> 8) & 255)]
                ^ tables[0x100 + ((high >> 16) & 255)] ^ tables[high >> 24];
            bytes = bytes[8..];
        }

        foreach (byte value in bytes)
        {
            crc = tables[(crc ^ value) & 255] ^ (crc >> 8);
        }

        return ~crc;
    }

    /// <summary>Row k, column b: the checksum of byte b followed by k zeros, without the complements.</summary>
    private static uint[] MakeTables()
    {
        var tables = new uint[8 * 256];
        for (uint b = 0; b < 256; b++)
        {
            uint c = b;
            for (int bit = 0; bit < 8; bit++)
            {
                c = (c & 1) == 1 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            }

            tables[b] = c;
        }

        for (int i = 256; i < tables.Length; i++)
        {
            tables[i] = tables[tables[i - 256] & 255] ^ (tables[i - 256] >> 8);
        }

        return tables;
    }
}
