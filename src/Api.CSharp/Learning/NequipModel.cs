using Microsoft.FSharp.Core;
using Noether.AutoDiff;
using Noether.Domain;
using Noether.Kernels;
using Noether.Learning;
using Noether.Training;
using CoreNetwork = Noether.Learning.Network<Noether.Learning.NequipInput, Noether.AutoDiff.Tensor>;
using CoreTree = Noether.AutoDiff.Tree<Noether.AutoDiff.Tensor>;

namespace Noether;

/// <summary>
/// A NequIP network with its parameters: structures in, energies and forces out. Immutable: training returns another
/// model; a model may be shared between threads.
/// </summary>
/// <example>
/// <code>
/// IReadOnlyList&lt;Structure&gt; crystals = Structure.ReadAll("scripts/data/carbon.extxyz");
/// NequipModel model = NequipModel.Create(NequipSettings.Tutorial, seed: 0);
/// TrainingResult result = await model.TrainAsync(
///     crystals, crystal => crystal.Number("energy_per_atom"), new TrainingOptions { Steps = 20 });
/// Prediction prediction = result.Model.Predict(crystals[0]);
/// </code>
/// </example>
public sealed class NequipModel
{
    private readonly CoreNetwork network;
    private readonly CoreTree tree;

    private NequipModel(NequipSettings settings, CoreNetwork network, CoreTree tree, Precision precision)
    {
        Settings = settings;
        Precision = precision;
        this.network = network;
        this.tree = tree;
    }

    /// <summary>The settings it was created with.</summary>
    public NequipSettings Settings { get; }

    /// <summary>The precision of its parameters, in which it computes.</summary>
    public Precision Precision { get; }

    /// <summary>The parameters by name, such as "layer_0/radial/Dense_0".</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters =>
        field ??= Tree.paths(tree).ToDictionary(entry => entry.Item1, entry => new Tensor(entry.Item2)).AsReadOnly();

    /// <summary>The number of parameters: the elements of all of them.</summary>
    public int ParameterCount => Parameters.Values.Sum(parameter => parameter.Size);

    /// <summary>
    /// The model as a potential, which everything that takes potentials takes: evaluation with stress, relaxation,
    /// dynamics, laws. It computes in <see cref="Precision"/>, from vectors between atoms in double precision. For its
    /// laws, relaxation and phonons ask a model in double precision for it.
    /// </summary>
    /// <remarks>
    /// When it is evaluated it throws a <see cref="NoetherException"/> for atoms of elements that the model does not
    /// know, and for two atoms at one place.
    /// </remarks>
    /// <example>
    /// <code>
    /// Potential learned = model.WithPrecision(Precision.Float64).Potential;
    /// Evaluation evaluation = learned.Evaluate(crystals[0]);   // with stress
    /// </code>
    /// </example>
    public Potential Potential =>
        field ??= new(NequipModule.potential("NequIP", Settings.AtomicNumbers(), Settings.ToCore(), tree));

    /// <summary>A model with random parameters.</summary>
    /// <param name="settings">The settings of the network.</param>
    /// <param name="seed">Equal seeds give equal parameters.</param>
    /// <param name="precision">The precision of its parameters: single for learning.</param>
    /// <exception cref="NoetherException">There is no network of these settings.</exception>
    public static NequipModel Create(NequipSettings settings, ulong seed, Precision precision = Precision.Float32)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _ = settings.AtomicNumbers();
        CoreNetwork network = NequipModule.create(settings.ToCore());
        CoreTree tree = network.Init.Invoke(precision.ToCore()).Invoke(RandomKey.FromSeed(seed));
        return new NequipModel(settings, network, tree, precision);
    }

    /// <summary>
    /// The same model with its parameters in another precision. Trained in single precision and asked in double,
    /// energies and forces agree with each other to about fourteen digits instead of six.
    /// </summary>
    /// <param name="precision">The precision.</param>
    public NequipModel WithPrecision(Precision precision) =>
        precision == Precision ? this : With(Map((_, x) => x.Cast(precision)), precision);

    /// <summary>The same network with other parameters, such as kept ones; they take this model's precision.</summary>
    /// <param name="parameters">A tensor for each of <see cref="Parameters"/>, of the same name and shape.</param>
    /// <exception cref="NoetherException">A parameter is missing or superfluous, or has another shape.</exception>
    public NequipModel WithParameters(IReadOnlyDictionary<string, Tensor> parameters)
    {
        return With(ParameterTree.With(tree, parameters), Precision);
    }

    /// <summary>Energies and forces of a structure.</summary>
    /// <param name="structure">Atoms of the elements in <see cref="Settings"/>.</param>
    /// <exception cref="NoetherException">An atom is of an element that the model does not know.</exception>
    public Prediction Predict(Structure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        GraphsTuple graph = Graph(structure);
        AutoDiff.Tensor positions = NequipModule.positions(Precision.ToCore(), graph);
        (AutoDiff.Tensor energies, AutoDiff.Tensor forces) =
            NequipModule.energiesAndForces(network, tree, graph, positions);
        var atoms = new Tensor(energies).Cast(Precision.Float64);
        double energy = atoms.Sum().Value;
        return new Prediction
        {
            Energy = energy,
            EnergyPerAtom = energy / Math.Max(1, structure.Count),
            AtomEnergies = atoms,
            Forces = new Tensor(forces).Cast(Precision.Float64),
        };
    }

    /// <summary>
    /// Trains on energies per atom, on a thread of the pool. This model stays as it is. A second training continues
    /// from the parameters, with a fresh memory of the optimiser.
    /// </summary>
    /// <param name="structures">The training set, at least one structure.</param>
    /// <param name="targets">The energy per atom in eV that a structure should have.</param>
    /// <param name="options">How to train.</param>
    /// <param name="progress">Told once after each step, from the training thread.</param>
    /// <param name="cancellationToken">Looked at once before each step.</param>
    /// <exception cref="NoetherException">
    /// A target or, at some step, the loss is not finite; an option or an element does not fit; there are no
    /// structures.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    public async Task<TrainingResult> TrainAsync(
        IEnumerable<Structure> structures,
        Func<Structure, double> targets,
        TrainingOptions? options = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(structures);
        ArgumentNullException.ThrowIfNull(targets);
        options ??= new TrainingOptions();
        options.Check();
        Structure[] examples = [.. structures];
        double[] energies = [.. examples.Select(targets)];
        return await Task
            .Run(() => Train(examples, energies, options, progress, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
    }

    private static double Finite(double value, string name) =>
        double.IsFinite(value) ? value : throw new NoetherException(NoetherError.NewNonFinite(name, value));

    private TrainingResult Train(
        Structure[] examples,
        double[] energies,
        TrainingOptions options,
        IProgress<TrainingProgress>? progress,
        CancellationToken cancellationToken)
    {
        for (int i = 0; i < energies.Length; i++)
        {
            Finite(energies[i], $"the target of structure {i}");
        }

        GraphsTuple batch = Bridge.Get(Graphs.batch(Bridge.List(examples.Select(Graph))));
        AutoDiff.Tensor targets = Tensor.Vector(energies).Cast(Precision).Core;
        var loss = FuncConvert.FromFunc<CoreTree, GraphsTuple, AutoDiff.Tensor>(
            (parameters, graphs) => NequipModule.energyLoss(network, targets, parameters, graphs));
        GradientTransformation optimiser = Optimiser.adam(options.LearningRate);
        OptimisationState state = Optimisation.start(optimiser, tree);
        var history = new double[options.Steps];

        for (int step = 0; step < options.Steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (state, double value) = Optimisation.step(optimiser, loss, state, batch);
            history[step] = Finite(value, $"the loss before step {step + 1}");
            progress?.Report(new TrainingProgress
            {
                Step = step + 1,
                Steps = options.Steps,
                Loss = value,
                Model = With(state.Parameters, Precision),
            });
        }

        double last = new Tensor(NequipModule.energyLoss(network, targets, state.Parameters, batch)).Value;
        return new TrainingResult
        {
            Model = With(state.Parameters, Precision),
            Loss = Finite(last, "the loss after the last step"),
            History = history.AsReadOnly(),
        };
    }

    private GraphsTuple Graph(Structure structure) => Bridge.Get(NequipModule.graphOfElements(
        Settings.AtomicNumbers(), Settings.Cutoff, Bridge.List<Tuple<string, double>>([]), structure.Core));

    private NequipModel With(CoreTree parameters, Precision precision) => new(Settings, network, parameters, precision);

    private CoreTree Map(Func<string, Tensor, Tensor> f) => Tree.mapPaths(
        FuncConvert.FromFunc<string, AutoDiff.Tensor, AutoDiff.Tensor>((name, x) => f(name, new Tensor(x)).Core), tree);
}
