import LetheCommand

// The command is a library: another package can ship its own, see `CommandLineTool`.
CommandLineTool.main()
