namespace Noether.AutoDiff
