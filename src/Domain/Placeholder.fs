namespace Noether.Domain
