using Xunit;

namespace Noether.Kernels.Tests;

public sealed class WorkersTests
{
    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 4)]
    [InlineData(3, 1)]
    [InlineData(1000, 2)]
    [InlineData(1000, 9)]
    public void Every_block_is_run_once(int blocks, int threads)
    {
        var counts = new int[blocks];
        using (Workers.LimitTo(threads))
        {
            Workers.Run(blocks, new Count(counts));
        }

        Assert.All(counts, count => Assert.Equal(1, count));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void The_first_failing_block_is_what_is_thrown(int threads)
    {
        using var limit = Workers.LimitTo(threads);
        for (var repetition = 0; repetition < 50; repetition++)
        {
            Samples.Throws<InvalidOperationException>(() => Workers.Run(100, new FailFrom(7)), "block 7");
        }
    }

    [Fact]
    public void A_job_inside_a_job_is_serial()
    {
        var limits = new int[64];
        using (Workers.LimitTo(4))
        {
            Workers.Run(64, new Outer(limits));
        }

        Assert.All(limits, value => Assert.Equal(1, value));
    }

    [Fact]
    public void A_limit_holds_until_it_is_disposed_and_on_its_thread_only()
    {
        var before = Workers.Limit;
        Assert.Equal(Environment.ProcessorCount, before);
        using (Workers.LimitTo(3))
        {
            Assert.Equal(3, Workers.Limit);
            var inner = Workers.LimitTo(2);
            Assert.Equal(2, Workers.Limit);
            inner.Dispose();
            inner.Dispose();
            Assert.Equal(3, Workers.Limit);
            var other = 0;
            var thread = new Thread(() => other = Workers.Limit);
            thread.Start();
            thread.Join();
            Assert.Equal(Environment.ProcessorCount, other);
        }

        Assert.Equal(before, Workers.Limit);
    }

    [Fact]
    public void A_limit_is_at_least_one() =>
        Samples.Throws<ArgumentOutOfRangeException>(() => Workers.LimitTo(0), "LimitTo", "threads is 0", "at least 1");

    [Fact]
    public void A_pool_without_a_free_thread_delays_nobody()
    {
        // Not disposed: items that the pool starts late still look at it.
        var release = new ManualResetEventSlim();
        var occupied = Math.Max(64, 8 * Environment.ProcessorCount);
        for (var i = 0; i < occupied; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ => release.Wait(), null);
        }

        try
        {
            var counts = new int[100];
            using (Workers.LimitTo(4))
            {
                Workers.Run(100, new Count(counts));
            }

            Assert.All(counts, count => Assert.Equal(1, count));
        }
        finally
        {
            release.Set();
        }
    }

    private readonly struct Count(int[] counts) : IJob
    {
        public void Run(int block) => Interlocked.Increment(ref counts[block]);
    }

    private readonly struct FailFrom(int first) : IJob
    {
        public void Run(int block)
        {
            if (block >= first)
            {
                throw new InvalidOperationException($"block {block}");
            }
        }
    }

    private readonly struct Outer(int[] limits) : IJob
    {
        public void Run(int block)
        {
            limits[block] = Workers.Limit;
            var counts = new int[3];
            Workers.Run(3, new Count(counts));
            if (counts.Sum() != 3)
            {
                throw new InvalidOperationException("a nested block is missing");
            }
        }
    }
}
