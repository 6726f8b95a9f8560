namespace Noether.Cli;

/// <summary>Commands that stand together in the help.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Commands">The commands.</param>
internal sealed record CommandGroup(string Title, params DocumentedCommand[] Commands)
{
    /// <summary>Lines to begin with.</summary>
    public const string Examples =
        """
          noether info POSCAR
          noether energy silicon.vasp -p sw:Si.sw
          noether relax POSCAR -p nequix-oam-1-pft --cell full -o relaxed.cif
        """;

    /// <summary>All commands.</summary>
    public static IReadOnlyList<CommandGroup> All(Session session) =>
    [
        new("Structures",
            new InfoCommand(session), new ConvertCommand(session), new NeighborsCommand(session),
            new DescriptorsCommand(session), new ViewCommand(session)),
        new("Energies and forces",
            new EnergyCommand(session), new TuneCommand(session), new VerifyCommand(session)),
        new("Motion",
            new RelaxCommand(session), new MdCommand(session)),
        new("Properties",
            new PhononsCommand(session), new VibrationsCommand(session), new ElasticCommand(session),
            new EquationCommand(session)),
        new("Learned models",
            new ModelsCommand(session), new TrainCommand(session), new EvaluateCommand(session)),
        new("Help",
            new HelpCommand(session), new CompletionCommand(session)),
    ];
}
