namespace Noether.Learning
