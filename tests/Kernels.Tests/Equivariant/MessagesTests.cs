using System.Numerics;
using Noether.Reference;
using Xunit;

namespace Noether.Kernels.Tests;

public class MessagesTests
{
    private const MessageSlots All =
        MessageSlots.Features | MessageSlots.Harmonics | MessageSlots.Weights | MessageSlots.Output;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 40)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Every_set_of_open_slots_agrees_with_the_definition(int seed)
    {
        Problem problem = Problem.Draw(seed, seed % 7 == 0 ? 300 : 40);
        for (int open = 1; open <= (int)All; open++)
        {
            Check<float>(problem, (MessageSlots)open);
            Check<double>(problem, (MessageSlots)open);
        }
    }

    [Fact]
    public void Many_edges_agree_and_do_not_depend_on_threads()
    {
        // Several chunks of edges and parts of both kinds.
        Problem problem = Problem.Draw(1000, 5000);
        foreach (MessageSlots open in (MessageSlots[])[MessageSlots.Output, All ^ MessageSlots.Output, All])
        {
            Check<float>(problem, open);
            Check<double>(problem, open);
            Samples.SameForAllThreads(() => Run<float>(problem, open).SelectMany(a => a).ToArray());
            Samples.SameForAllThreads(() => Run<double>(problem, open).SelectMany(a => a).ToArray());
        }
    }

    [Fact]
    public void An_infinity_reaches_its_edge_and_no_other()
    {
        // Two nodes, two edges within one tile, to different receivers.
        var paths = new MessagePaths(3, 1, 3, [new(3, 0, 1, 0, 1, 0, 3, 1, 0, [new(0, 0, 0, 1)])]);
        var edges = new MessageEdges(2, [0, 1], [0, 1]);
        double[] x = [1, 1, 1, 1, 1, 1], y = [1, 1], w = [1, 1, 1, 1, 1, 1];
        double[] g = [double.PositiveInfinity, 1, 1, 1, 1, 1];
        double[] xBar = new double[6], yBar = new double[2], wBar = new double[6], gBar = new double[6];
        Messages.ContractInto<double>(paths, edges, All, x, y, w, g, xBar, yBar, wBar, gBar);
        Assert.Equal([double.PositiveInfinity, 3], yBar);
        Assert.Equal(g, xBar);
        Assert.Equal(g, wBar);
        Assert.Equal(x, gBar);
    }

    [Fact]
    public void Wrong_arguments_are_named()
    {
        var paths = new MessagePaths(3, 1, 3, [new(3, 0, 1, 0, 1, 0, 3, 1, 0, [new(0, 0, 0, 1)])]);
        var edges = new MessageEdges(2, [0, 1], [0, 1]);
        Samples.Throws<ArgumentException>(
            () => Messages.ContractInto<float>(
                paths, edges, MessageSlots.Output, new float[5], new float[2], new float[6], [], [], [], [], new float[6]),
            "x has 5",
            "expected 6");
        Samples.Throws<ArgumentException>(
            () => Messages.ContractInto<float>(
                paths, edges, MessageSlots.Output, new float[6], new float[2], new float[6], [], [], [], [], []),
            "gBar has 0",
            "expected 6");
        Samples.Throws<ArgumentException>(
            () => Messages.ContractInto<Half>(paths, edges, MessageSlots.Output, [], [], [], [], [], [], [], []),
            "Half",
            "float or double");
        Refused("output, which another path has", new(1, 3, 1, 0, 1, 0, 3, 1, 3, []));
        Refused("weights, which another path has", new(1, 3, 1, 0, 1, 3, 3, 1, 0, []));
        Refused("reads columns 2 to 5 of 4 features", new(3, 2, 1, 0, 1, 3, 3, 1, 3, []));
        Refused("reads columns 1 to 2 of 1 harmonics", new(1, 3, 1, 1, 1, 3, 3, 1, 3, []));
        Refused("part of another chunk", new(1, 0, 1, 0, 1, 3, 3, 1, 3, []));
        Refused("couples components 0, 1, 0 of 1, 1, 1", new(1, 3, 1, 0, 1, 3, 3, 1, 3, [new(0, 1, 0, 1)]));
        Samples.Throws<ArgumentException>(() => _ = new MessageEdges(1, [0], [0], 2, null), "2 rows of weights for 1 edges");
        Samples.Throws<ArgumentException>(() => _ = new MessageEdges(2, [0, 0], [1, 0]), "sorted by receiver");

        static void Refused(string part, MessagePath path) => Samples.Throws<ArgumentException>(
            () => _ = new MessagePaths(4, 1, 4, [new(3, 0, 1, 0, 1, 0, 3, 1, 0, []), path]), part);
    }

    private static T[][] Run<T>(Problem p, MessageSlots open)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        // What the arrays hold before must not matter, nor the value of a slot that is open alone.
        T[] Bar(MessageSlots slot, double[] like) =>
            (open & slot) == 0 ? [] : [.. like.Select(_ => T.CreateTruncating(double.NaN))];
        T[] Value(MessageSlots slot, double[] values) => open == slot ? [] : Samples.From<T>(values);
        T[][] bars =
        [
            Bar(MessageSlots.Features, p.X), Bar(MessageSlots.Harmonics, p.Y), Bar(MessageSlots.Weights, p.W),
            Bar(MessageSlots.Output, p.G),
        ];
        Messages.ContractInto<T>(
            p.Paths,
            p.Edges,
            open,
            Value(MessageSlots.Features, p.X),
            Value(MessageSlots.Harmonics, p.Y),
            Value(MessageSlots.Weights, p.W),
            Value(MessageSlots.Output, p.G),
            bars[0],
            bars[1],
            bars[2],
            bars[3]);
        return bars;
    }

    private static void Check<T>(Problem p, MessageSlots open)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        T[][] actual = Run<T>(p, open);
        for (int slot = 0; slot < 4; slot++)
        {
            if (((int)open & (1 << slot)) != 0)
            {
                // Values are within ±1; the largest sums have a few thousand products of them, of random signs, so that
                // partial sums are near the root of that, some tens, and their roundings add up like a random walk.
                Samples.Close(p.Expected[slot], actual[slot], 256, _ => p.Scale[slot], $"{p.Text}, {open}, slot {slot}");
            }
        }
    }

    private sealed record Problem(
        string Text,
        MessagePaths Paths,
        MessageEdges Edges,
        double[] X,
        double[] Y,
        double[] W,
        double[] G,
        double[][] Expected,
        double[] Scale)
    {
        private static readonly int[] Channels = [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 32, 33, 40];
        private static readonly int[] Components = [1, 1, 3, 3, 5, 7, 9, 11, 17];

        public static Problem Draw(int seed, int most)
        {
            var random = new Random(seed);
            int chunks = random.Next(seed % 10 == 9 ? 1 : 3) + (seed % 10 == 9 ? 0 : 1);
            int harmonicsWidth = 1 + random.Next(9);
            List<MessagesReferencePath> paths = [];
            int inputWidth = 0, outputWidth = 0, weights = 0;
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                int channels = Channels[random.Next(Channels.Length)];
                int d1 = Components[random.Next(Components.Length)];
                for (int count = random.Next(4); count > 0; count--)
                {
                    bool diagonal = random.Next(4) == 0;
                    int d3 = diagonal ? d1 : Components[random.Next(Components.Length)];
                    int start = random.Next(harmonicsWidth);
                    int d2 = 1 + random.Next(harmonicsWidth - start);
                    int step = channels + random.Next(2);
                    var c = new double[d1 * d2 * d3];
                    for (int term = 0; term < c.Length; term++)
                    {
                        bool zero = random.Next(3) == 0 || (diagonal && term % d3 != term / (d3 * d2));
                        c[term] = zero ? 0 : (2 * random.NextDouble()) - 1;
                    }

                    paths.Add(new(channels, inputWidth, d1, start, d2, outputWidth, step, d3, weights, c));
                    outputWidth += step * d3;
                    weights += channels;
                }

                inputWidth += channels * d1;
            }

            int nodes = 1 + random.Next(9), edges = random.Next(most);
            int[] senders = [.. Enumerable.Range(0, edges).Select(_ => random.Next(nodes))];
            int[] receivers = [.. Enumerable.Range(0, edges).Select(_ => random.Next((nodes + 1) / 2) * 2).Order()];
            int weightRows = seed % 2 == 0 ? edges : 1 + (edges / 2);
            int[]? rows = seed % 2 == 0 ? null : [.. Enumerable.Range(0, edges).Select(_ => random.Next(weightRows))];
            double[] Numbers(int length) => Samples.ToDouble(Samples.Uniform<float>(random.Next(), length, -1, 1));
            double[] x = Numbers(nodes * inputWidth), y = Numbers(edges * harmonicsWidth);
            double[] w = Numbers(weightRows * weights), g = Numbers(nodes * outputWidth);
            var expected = MessagesReference.Contract(
                paths,
                senders,
                receivers,
                rows ?? [.. Enumerable.Range(0, edges)],
                (x, inputWidth),
                (y, harmonicsWidth),
                (w, weights),
                (g, outputWidth));
            double[][] bars = [expected.X, expected.Y, expected.W, expected.G];
            return new(
                $"seed {seed}, {paths.Count} paths, {edges} edges",
                new(inputWidth, harmonicsWidth, outputWidth, [.. paths.Select(Path)]),
                new(nodes, senders, receivers, weightRows, rows),
                x,
                y,
                w,
                g,
                bars,
                [.. bars.Select(bar => bar.Select(Math.Abs).Append(1).Max())]);
        }

        private static MessagePath Path(MessagesReferencePath p) => new(
            p.Channels,
            p.Input,
            p.D1,
            p.Harmonics,
            p.D2,
            p.Output,
            p.OutputStep,
            p.D3,
            p.Weights,
            [.. Enumerable.Range(0, p.C.Length).Where(t => p.C[t] != 0).Select(t =>
                new MessageCoupling(t / (p.D3 * p.D2), t / p.D3 % p.D2, t % p.D3, p.C[t]))]);
    }
}
