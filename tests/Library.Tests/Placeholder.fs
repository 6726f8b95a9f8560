module Noether.Tests.Placeholder
