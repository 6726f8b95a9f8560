using Microsoft.FSharp.Core;
using Noether.Domain;
using Noether.Laws;
using Noether.Physics;

namespace Noether;

/// <summary>
/// The laws of potentials: translation, rotation, inversion, permutation, choice of image and of cell, supercells,
/// forces, virial and stress as derivatives, no net force and torque, a symmetric Hessian, smoothness at the cut-off,
/// motion at constant energy. They are tried on structures that break programs: skewed cells, open axes, atoms outside
/// the cell and images of themselves, one atom, none.
/// </summary>
/// <example>
/// <code>
/// LawReport report = PotentialLaws.Check(argon, ["Ar"], new LawOptions { Samples = 20 });
/// Console.WriteLine(report);   // a row for each law, and the smallest structure that breaks one
/// </code>
/// </example>
public static class PotentialLaws
{
    /// <summary>Every law, for a potential made with this library.</summary>
    /// <param name="potential">The potential.</param>
    /// <param name="symbols">The elements it knows, one or more.</param>
    /// <param name="options">How the laws are tried, and what the potential claims.</param>
    /// <exception cref="NoetherException">An element is unknown.</exception>
    /// <exception cref="ArgumentException">
    /// Options that mean nothing, or a potential without cut-off and options without separation.
    /// </exception>
    public static LawReport Check(Potential potential, IEnumerable<string> symbols, LawOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(potential);
        ArgumentNullException.ThrowIfNull(symbols);
        options ??= new LawOptions();
        StructureSettings structures = options.Structures(symbols, potential.Cutoff);
        return Run(options.Claims(PotentialSubjectModule.ofPotential(structures, potential.Core), null), options);
    }

    /// <summary>
    /// Every law, for a black box: anything that gives energy and forces of a structure, such as another program. What
    /// it throws is reported as a breach.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="evaluate">The function; forces in eV/Å, [n, 3].</param>
    /// <param name="symbols">The elements it knows, one or more.</param>
    /// <param name="cutoff">The distance in Å at which atoms enter its range.</param>
    /// <param name="options">How the laws are tried, and what the black box claims.</param>
    /// <exception cref="NoetherException">An element is unknown.</exception>
    /// <exception cref="ArgumentException">Options that mean nothing.</exception>
    public static LawReport Check(
        string name,
        Func<Structure, Evaluation> evaluate,
        IEnumerable<string> symbols,
        double cutoff,
        LawOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(evaluate);
        ArgumentNullException.ThrowIfNull(symbols);
        options ??= new LawOptions();
        StructureSettings structures = options.Structures(symbols, cutoff);
        var core = FuncConvert.FromFunc<Domain.Structure, FSharpResult<Results, NoetherError>>(
            structure => FSharpResult<Results, NoetherError>.NewOk(evaluate(new Structure(structure)).ToCore()));
        PotentialSubject subject = PotentialSubjectModule.ofFunction(name, structures, options.Virial, core);
        return Run(options.Claims(subject, cutoff), options);
    }

    private static LawReport Run(PotentialSubject subject, LawOptions options) => new(
        Laws.Laws.run(options.Settings(subject.Structures), Laws.PotentialLaws.claimed(subject), subject));
}
