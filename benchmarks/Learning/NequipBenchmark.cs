using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Equivariance;
using Noether.Kernels;
using Noether.Learning;
using Noether.Training;

namespace Noether.Benchmarks;

/// <summary>
/// NequIP as it is used on materials, in float32: degree 2, 32 features of every irrep of both parities, four layers, the
/// last of scalars, 4 Å, about 46 neighbours (perturbed diamond); radial networks of one hidden layer of 128 and of two
/// of 64. Energies, forces, and a training step on both. Rates count two operations a multiply-add of the energy,
/// three times that with forces and nine times for a step: a reverse sweep does twice what it goes back over. The share
/// is that of the most multiply-adds that one core does in the same run.
/// </summary>
internal sealed class NequipBenchmark(string name, int cells) : IBenchmark
{
    private const string Features = "32x0e+32x0o+32x1e+32x1o+32x2e+32x2o";
    private const int Degree = 2;
    private const int Basis = 8;
    private const double Cutoff = 4;
    private static readonly int[][] RadialNetworks = [[128], [64, 64]];

    public string Name => name;

    public IEnumerable<Case> Cases()
    {
        Structure unit = Outcome.getOrFail(Crystal.diamond("C", 3.567));
        Structure perfect = Outcome.getOrFail(StructureModule.repeat(cells, cells, cells, unit));
        Structure crystal =
            Outcome.getOrFail(StructureGeometry.Structure.rattle(0.02, RandomKey.FromSeed(1), perfect));
        GraphsTuple graph =
            Outcome.getOrFail(NequipModule.graph(Cutoff, FSharpList<Tuple<string, double>>.Empty, crystal));
        int edges = graph.Senders.Length;
        Case peak = PeakBenchmark.Of<float>();
        Tensor positions = NequipModule.positions(Precision.Float32, graph);
        Tensor targets = Interop.full(Precision.Float32, [crystal.Count], -1);
        Tensor wanted = Interop.full(Precision.Float32, [crystal.Count, 3], 0.1);
        foreach (int[] hidden in RadialNetworks)
        {
            Nequip model = Model(hidden, 46);
            var network = NequipModule.create(model);
            Tree<Tensor> parameters = network.Init.Invoke(Precision.Float32).Invoke(RandomKey.FromSeed(0));
            double work = 2 * MultiplyAdds(model, crystal.Count, edges);
            var loss = FuncConvert.FromFunc<Tree<Tensor>, Unit, Tensor>((p, _) =>
            {
                (Tensor energies, Tensor forces) = NequipModule.energiesAndForces(network, p, graph, positions);
                Tensor energy = energies - targets;
                Tensor force = forces - wanted;
                return Interop.mean(energy * energy) + Interop.mean(force * force);
            });
            var optimiser = Optimiser.adam(1e-3);
            var state = Optimisation.start(optimiser, parameters);
            foreach (int threads in new[] { 1, Environment.ProcessorCount }.Distinct())
            {
                string size = $"{crystal.Count} atoms, {edges} edges, {string.Join('-', hidden)}, {threads} thr.";
                yield return new($"energy, {size}", work, "flop", () =>
                {
                    using IDisposable limit = Workers.LimitTo(threads);
                    NequipModule.energies(network, parameters, graph, positions);
                })
                {
                    Baseline = peak,
                };
                yield return new($"forces, {size}", 3 * work, "flop", () =>
                {
                    using IDisposable limit = Workers.LimitTo(threads);
                    NequipModule.energiesAndForces(network, parameters, graph, positions);
                })
                {
                    Baseline = peak,
                };
                yield return new($"step, {size}", 9 * work, "flop", () =>
                {
                    using IDisposable limit = Workers.LimitTo(threads);
                    state = Optimisation.step(optimiser, loss, state, null!).Item1;
                })
                {
                    Baseline = peak,
                };
            }
        }
    }

    /// <summary>That network, with radial networks and a mean number of neighbours.</summary>
    internal static Nequip Model(int[] hidden, double neighbours)
    {
        NequipLayer Layer(string output) => new(
            IrrepsModule.ofString(output), neighbours, 1, ListModule.OfSeq(hidden), Basis, Degree,
            Activation.Silu, Activation.Tanh, Activation.Silu);
        return Outcome.getOrFail(NequipModule.check(new Nequip(
            Cutoff,
            ListModule.OfSeq([Layer(Features), Layer(Features), Layer(Features), Layer("32x0e")]),
            16,
            null,
            null)));
    }

    // What the layers multiply: radial networks on pairs, messages on edges, linear maps on nodes.
    private static double MultiplyAdds(Nequip model, int nodes, int edges)
    {
        double sum = 0;
        Irreps input = IrrepsModule.ofString("1x0e");
        foreach (NequipLayer layer in model.Layers)
        {
            Irreps output = IrrepsModule.regroup(layer.Output);
            double weights = 0;
            double messages = 0;
            var made = new Dictionary<Irrep, double>();
            foreach (MulIrrep chunk in input.Chunks)
            {
                for (int l = 0; l <= layer.MaxDegree; l++)
                {
                    foreach (Irrep irrep in IrrepModule.product(chunk.Irrep, IrrepModule.create(l, ParityModule.ofDegree(l))))
                    {
                        if (IrrepsModule.contains(irrep, output) || irrep.IsScalar)
                        {
                            weights += chunk.Mul;
                            messages += (double)chunk.Mul * chunk.Irrep.Dim * irrep.Dim;
                            made[irrep] = made.GetValueOrDefault(irrep) + chunk.Mul;
                        }
                    }
                }
            }

            double radial = 0;
            int width = layer.RadialBasis;
            foreach (int next in layer.Hidden)
            {
                radial += (double)width * next;
                width = next;
            }

            radial += width * weights;
            double gates = output.Chunks.Where(c => c.Irrep.L > 0).Sum(c => c.Mul);
            double linear = input.Chunks.Sum(c => (double)c.Mul * c.Mul * c.Irrep.Dim);
            foreach (MulIrrep chunk in output.Chunks)
            {
                double to = chunk.Mul + (chunk.Irrep.IsScalar ? gates : 0);
                double from = made.GetValueOrDefault(chunk.Irrep) + IrrepsModule.countOf(chunk.Irrep, input);
                linear += from * to * chunk.Irrep.Dim;
            }

            sum += (0.5 * edges * radial) + (edges * messages) + (nodes * linear);
            input = output;
        }

        return sum;
    }
}
