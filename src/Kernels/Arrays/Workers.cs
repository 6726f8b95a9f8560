using System.Runtime.ExceptionServices;

namespace Noether.Kernels;

/// <summary>Work in blocks, whose number depends on the problem only, never on the threads.</summary>
public interface IJob
{
    /// <summary>Does block number <paramref name="block"/>. Blocks may run at the same time and in any order.</summary>
    /// <param name="block">The block, from 0.</param>
    void Run(int block);
}

/// <summary>
/// The only parallelism of the kernels: the caller and helpers of the thread pool take blocks from a shared counter.
/// The caller works too and never waits for a helper that has not started, so a busy pool costs speed and nothing else.
/// </summary>
public static class Workers
{
    // Times that a caller without work looks again before it sleeps: blocks last microseconds, a wake-up costs tens.
    private const int Spins = 200;

    [ThreadStatic]
    private static int limit;

    [ThreadStatic]
    private static bool busy;

    /// <summary>
    /// The threads that kernels called from this thread may use: the processors of the machine unless
    /// <see cref="LimitTo"/> says otherwise, and 1 inside a job. Results never depend on it.
    /// </summary>
    public static int Limit => busy ? 1 : limit > 0 ? limit : Environment.ProcessorCount;

    /// <summary>Limits the kernels called from this thread to so many threads, until the result is disposed.</summary>
    /// <param name="threads">At least 1, which is serial.</param>
    /// <returns>Disposed on the same thread, it restores the limit that held before.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threads"/> is less than 1.</exception>
    public static IDisposable LimitTo(int threads)
    {
        Guard.Positive(threads, nameof(threads));
        var scope = new Scope(limit);
        limit = threads;
        return scope;
    }

    /// <summary>
    /// Runs all blocks of a job and returns when they are done. A job started inside a job runs serially.
    /// When blocks fail, the exception of the first of them (by number) is thrown; blocks not yet begun are left out.
    /// </summary>
    /// <typeparam name="TJob">The job; a struct, so that its blocks are compiled without indirection.</typeparam>
    /// <param name="blocks">The number of blocks.</param>
    /// <param name="job">The job; memory it points to must stay in place until this returns.</param>
    public static void Run<TJob>(int blocks, in TJob job)
        where TJob : struct, IJob
    {
        var threads = Math.Min(Limit, blocks);
        if (threads > 1)
        {
            new Shared<TJob>(blocks, job).Run(threads - 1);
            return;
        }

        var own = job;
        for (var block = 0; block < blocks; block++)
        {
            own.Run(block);
        }
    }

    private sealed class Scope(int previous) : IDisposable
    {
        private bool disposed;

        public void Dispose()
        {
            if (!disposed)
            {
                disposed = true;
                limit = previous;
            }
        }
    }

    private sealed class Shared<TJob> : IThreadPoolWorkItem
        where TJob : struct, IJob
    {
        private readonly object gate = new();
        private readonly int blocks;
        private TJob job;
        private int next;
        private int pending;
        private int failedBlock = int.MaxValue;
        private Exception? failure;

        public Shared(int blocks, in TJob job)
        {
            this.blocks = blocks;
            this.job = job;
            pending = blocks;
        }

        public void Run(int helpers)
        {
            for (var helper = 0; helper < helpers; helper++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }

            Execute();
            WaitForHelpers();
            if (failure is not null)
            {
                ExceptionDispatchInfo.Throw(failure);
            }
        }

        // A helper that starts late finds the counter used up and touches nothing of the job.
        public void Execute()
        {
            busy = true;
            try
            {
                int block;
                while ((block = Interlocked.Increment(ref next) - 1) < blocks)
                {
                    RunBlock(block);
                }
            }
            finally
            {
                busy = false;
            }
        }

        // Blocks are taken in ascending order, so all blocks before a failed one have been taken and will be run:
        // the failure with the smallest number is the same whatever the threads.
        private void RunBlock(int block)
        {
            try
            {
                if (Volatile.Read(ref failedBlock) == int.MaxValue)
                {
                    job.Run(block);
                }
            }
            catch (Exception e)
            {
                lock (gate)
                {
                    if (block < failedBlock)
                    {
                        failure = e;
                        Volatile.Write(ref failedBlock, block);
                    }
                }
            }

            if (Interlocked.Decrement(ref pending) == 0)
            {
                lock (gate)
                {
                    Monitor.PulseAll(gate);
                }
            }
        }

        private void WaitForHelpers()
        {
            var spinner = default(SpinWait);
            for (var i = 0; i < Spins && Volatile.Read(ref pending) != 0; i++)
            {
                spinner.SpinOnce(sleep1Threshold: -1);
            }

            if (Volatile.Read(ref pending) != 0)
            {
                lock (gate)
                {
                    while (pending != 0)
                    {
                        Monitor.Wait(gate);
                    }
                }
            }
        }
    }
}
