namespace Noether.Physics
