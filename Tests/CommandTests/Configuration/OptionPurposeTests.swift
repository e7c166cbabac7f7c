import Analysis
import ArgumentParser
import TestSupport
import Testing

@testable import LetheCommand

@Suite struct OptionPurposeTests {
  /// Commands that have options, those of subcommands too.
  private static func commands(_ type: any ParsableCommand.Type = Lethe.self) -> [any ParsableCommand.Type] {
    let subcommands = type.configuration.subcommands
    return subcommands.isEmpty ? [type] : subcommands.flatMap { commands($0) }
  }

  @Test func everyOptionOfEveryCommandHasAPurpose() {
    let commands = Self.commands()
    #expect(commands.count == 23)
    for command in commands {
      let entries = EffectiveOptions(ofStandard: command).entries
      #expect(!entries.isEmpty)
      for entry in entries { #expect(entry.purpose != nil, "\(command): --\(entry.parameter.name) stands in no group") }
    }
  }

  /// In a command that fills a folder, or is proposed or resumed, an option outside the groups is forgotten.
  @Test(arguments: [TrainCommand.self, FinetuneCommand.self, SweepCommand.self, TransferCommand.self] as [Any.Type])
  func noOptionIsTheCommandsOwn(_ command: Any.Type) { #expect(!(command is any PurposefulOptions.Type)) }

  @Test func anOptionThatIsForgottenHasNone() {
    struct Careless: ParsableCommand {
      @Option var forgotten = 1
      @OptionGroup var hardware: DeviceOptions
    }
    let purposes = EffectiveOptions(of: Careless.parseOrExit([])).entries.map(\.purpose)
    #expect(purposes == [nil, .execution, .execution, .invocation])
  }

  // MARK: - Folders that are gone on with

  /// What may differ when a folder is gone on with: how far, where, how, and what one call is told.
  private static let invocation: Set = [
    "print-config", "resume", "json", "quiet", "config", "allow-operator", "force", "name-by-time",
  ]
  private static let execution: Set = ["device", "threads", "process-timeout"]
  private static let sweep = ["x", "--source", "x", "--target", "x", "--output", "x"]
  private static let transfer = ["x", "--target", "x", "--output", "x"]

  @Test func aSweepRefusesOptionsThatChangeItsResults() throws {
    try check(
      SweepCommand.self, Self.sweep,
      mayDiffer: Self.invocation.union(Self.execution).union(
        ["output", "regularizer", "seeds", "max-forgetting", "trials", "jobs", "worker"]))
  }

  @Test func aTransferRefusesOptionsThatChangeItsResults() throws {
    let free = Self.invocation.union(Self.execution).union(
      ["output", "seeds", "cut", "no-scores", "no-trials", "source", "classes", "amounts"])
    try check(TransferCommand.self, Self.transfer, mayDiffer: free)
    // Each of several targets has a folder of its own, and others may follow.
    try check(TransferCommand.self, Self.transfer + ["--target", "y"], mayDiffer: free.union(["target"]))
  }

  /// Begins a folder, and goes on with it with every option changed in turn.
  private func check(
    _ command: any ParsableCommand.Type, _ words: [String], mayDiffer free: Set<String>,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    func options(_ words: [String]) throws -> EffectiveOptions { EffectiveOptions(of: try command.parse(words)) }
    let folder = try TemporaryFolder()
    try SharedFolder.claim(folder.path, options: try options(words).only([.result]).yaml)
    let begun = try options(words).entries
    var refused: Set<String> = []
    for (index, entry) in begun.enumerated() {
      let name = entry.parameter.name
      let variants =
        entry.parameter.isPositional
        ? [["other"] + words.dropFirst()]
        : entry.parameter.takesValue
          ? ["3", "0.5", "other", "adam", "bfloat16", "keep", "target", "dft"].map { words + ["--\(name)", $0] }
          : [words + ["--\(name)"]]
      let other = variants.lazy.compactMap { try? options($0) }
        .first { $0.entries[index].value != entry.value }
      let changed = try #require(other, "\(name) cannot be changed", sourceLocation: sourceLocation)
      do {
        try SharedFolder.claim(folder.path, options: changed.only([.result]).yaml)
      } catch { refused.insert(name) }
    }
    #expect(refused == Set(begun.map(\.parameter.name)).subtracting(free), sourceLocation: sourceLocation)
  }

  // MARK: - What is stored and proposed

  @Test func namesAreTheParsersAndOneCallsOptionsAreNotStored() throws {
    let command = try TrainCommand.parse(
      [
        "a.h5", "--data", "d", "-o", "run", "--lr", "0.1", "--lr", "fc=0", "--weight-decay", "1", "--json", "--threads",
        "2", "--allow-operator", "mylib::attention",
      ])
    let lines = EffectiveOptions(of: command).repeatable.yaml.split(separator: "\n")
    #expect(lines.prefix(3) == ["base: a.h5", "data: d", "output: run"])
    #expect(lines.contains("lr:") && lines.contains("- fc=0") && lines.contains("weight-decay:"))
    #expect(lines.contains("threads: 2") && !lines.contains { $0.hasPrefix("json") || $0.hasPrefix("print-config") })
    #expect(!lines.contains { $0.contains("operator") || $0.contains("mylib") }, "a folder admits no operator")
  }

  @Test func aProposalHasWhatTheOtherCommandHasAndDiffers() throws {
    let command = try SweepCommand.parse(
      Self.sweep + [
        "--seeds", "3", "--regularizer", "l2|lwf", "--jobs", "2", "--momentum", "0.5", "--threads", "2", "--nesterov",
        "--lr", "0.1", "--head", "x",
      ])
    let words = EffectiveOptions(of: command).words(
      of: FinetuneCommand.self, beginning: ["x", "--regularizer", "l2", "--lr", "0.3"])
    #expect(
      words == [
        "x", "--regularizer", "l2", "--lr", "0.3", "--source", "x", "--target", "x", "--head", "x", "--momentum", "0.5",
        "--nesterov", "--threads", "2",
      ])
  }
}
