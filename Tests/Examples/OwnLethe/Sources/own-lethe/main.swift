// A `lethe` that knows one regularizer more. The comment on `CommandLineTool` shows it.
// snippet
import LetheCommand
import Training

RegularizerKind.register(RootPull.kind)
CommandLineTool.main()
// end
