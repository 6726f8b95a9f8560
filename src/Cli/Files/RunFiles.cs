using System.Text;
using Microsoft.FSharp.Collections;
using Noether.Domain;
using Noether.Physics;

namespace Noether.Cli;

/// <summary>
/// The files of a run of dynamics: a trajectory and a log, which grow, and a state, which is replaced. The state holds
/// how long the other two were when it was saved; going on, they are cut to that, so that a run that was killed at any
/// moment leaves in the end what one that was not leaves.
/// </summary>
/// <param name="trajectory">The path of the trajectory.</param>
/// <param name="log">The path of the log.</param>
/// <param name="state">The path of the state.</param>
/// <param name="command">The command, as the state remembers it.</param>
internal sealed class RunFiles(string trajectory, string log, string state, string command) : IDisposable
{
    private const string FrameBytes = "trajectory_bytes", LineBytes = "log_bytes", Asked = "command";

    private readonly Growing frames = new(trajectory), lines = new(log);

    // Up to where both files tell of the same steps: what a full disk tears does not count.
    private (long Frames, long Lines) complete;

    /// <summary>The path of the state.</summary>
    public string StatePath => state;

    /// <summary>The path of a structure that the run stops at.</summary>
    public string StoppedPath => Path.ChangeExtension(trajectory, ".stopped.extxyz");

    /// <summary>Whether there is a state to go on from.</summary>
    public bool HasState => File.Exists(state);

    /// <summary>Whether nothing was appended yet.</summary>
    public bool IsEmpty => complete.Lines == 0;

    /// <summary>Refuses to begin where files are.</summary>
    public void RefuseExisting()
    {
        foreach (string path in new[] { trajectory, log, state }.Where(File.Exists))
        {
            Bridge.Refuse(
                "a file of the run", $"'{path}', which exists", "a new one, or --restart to go on, or --overwrite");
        }
    }

    /// <summary>Refuses places that cannot be written to, before anything is computed.</summary>
    public void RefuseUnwritable()
    {
        foreach (string path in new[] { trajectory, log, state })
        {
            new OutputFile(path).Dispose();
        }
    }

    /// <summary>Begins with empty files. The state comes first, so that whatever else is there can be gone on with.</summary>
    public void Begin(State first)
    {
        Save(first);
        frames.Create();
        lines.Create();
    }

    /// <summary>The structure of the state, after cutting the other files to what it knows of.</summary>
    public Structure GoOn()
    {
        Structure saved = Bridge.Get(ExtXyz.readFirst(state));
        string before = Info(saved, Asked) is Values.Texts { Item: [var text] } ? text : "";

        if (before != command)
        {
            Bridge.Refuse($"the run of {state}", $"'{before}'", $"the one that goes on, '{command}'");
        }

        complete = (Count(saved, FrameBytes), Count(saved, LineBytes));
        frames.Open(complete.Frames);
        lines.Open(complete.Lines);
        string[] own = [FrameBytes, LineBytes, Asked];
        return Bridge.Get(StructureModule.createWith(
            saved.Numbers,
            saved.Positions,
            saved.Cell,
            Bridge.List(saved.PerAtom.Select(pair => Tuple.Create(pair.Key, pair.Value))),
            Bridge.List(saved.Info
                .Where(pair => !own.Contains(pair.Key))
                .Select(pair => Tuple.Create(pair.Key, pair.Value)))));
    }

    /// <summary>Appends a frame and a line.</summary>
    public void Append(string frame, string line)
    {
        frames.Append(frame);
        lines.Append(line);
        complete = (frames.Length, lines.Length);
    }

    /// <summary>Saves a state that the other files reach up to; they are on the disk before it is.</summary>
    public void Save(State reached)
    {
        frames.Flush();
        lines.Flush();
        Structure structure = StateModule.toStructure(reached);
        structure = Bridge.Get(StructureModule.withInfo(FrameBytes, PropertyModule.integer(complete.Frames), structure));
        structure = Bridge.Get(StructureModule.withInfo(LineBytes, PropertyModule.integer(complete.Lines), structure));
        structure = Bridge.Get(StructureModule.withInfo(Asked, PropertyModule.text(command), structure));
        AtomicFile.Write(state, Bridge.Get(ExtXyz.format([structure])));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        frames.Dispose();
        lines.Dispose();
    }

    private static Values? Info(Structure structure, string name) =>
        MapModule.TryFind(name, structure.Info)?.Value.Values;

    private long Count(Structure structure, string name)
    {
        if (Info(structure, name) is Values.Integers { Item: [>= 0 and var count] })
        {
            return count;
        }

        Bridge.Refuse(state, $"without '{name}'", "the state of a run");
        return 0;
    }

    /// <summary>A file that grows by whole pieces.</summary>
    private sealed class Growing(string path) : IDisposable
    {
        private FileStream? stream;

        /// <summary>The bytes of the pieces that were appended.</summary>
        public long Length { get; private set; }

        public void Create() => AtomicFile.Guard(path, () => stream = New(FileMode.Create));

        /// <summary>Opens the file and cuts it.</summary>
        public void Open(long length) => AtomicFile.Guard(path, () =>
        {
            stream = New(length == 0 ? FileMode.OpenOrCreate : FileMode.Open);

            if (stream.Length < length)
            {
                Bridge.Refuse(path, $"{stream.Length} bytes long", $"the {length} that its run had written");
            }

            stream.SetLength(length);
            stream.Position = length;
            Length = length;
        });

        public void Append(string text) => AtomicFile.Guard(path, () =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            stream?.Write(bytes);
            Length += bytes.Length;
        });

        public void Flush() => AtomicFile.Guard(path, () => stream?.Flush(flushToDisk: true));

        public void Dispose() => stream?.Dispose();

        // Without a buffer: what was appended is the system's when the call comes back.
        private FileStream New(FileMode mode) => new(path, mode, FileAccess.Write, FileShare.Read, bufferSize: 0);
    }
}
