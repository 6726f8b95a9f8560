module Noether.Tests.Program

[<EntryPoint>]
let main arguments = Unread.runTests [] arguments
