import ArgumentParser
import Checkpoints
import Foundation
import Torch
import Training

/// A command that is run by several processes together: the first one speaks for all.
enum ProcessSession {
  /// Runs a command's work, in a process by itself as it is.
  ///
  /// - Parameters:
  ///   - goesOn: whether work that was ended can be gone on with; otherwise it is to be begun again.
  ///   - body: told the processes that it is shared with; nil without any.
  /// - Throws: what is this process's to say; else an `ExitCode`, which says nothing.
  static func run(
    _ options: ProcessOptions, goesOn: Bool = true, _ body: (ProcessGroup?) throws -> Void
  ) throws {
    guard let place = try ProcessPlace.named() else { return try body(nil) }
    let group = try ProcessGroup(place, timeout: Double(options.processTimeout))
    do {
      if group.leads {
        try body(group)
      } else {
        try Console.$streams.withValue(.silent) { try body(group) }
      }
    } catch {
      throw verdict(on: error, in: group, goesOn: goesOn)
    }
  }

  /// Runs a command that looks at models: all of its processes end together. One that ended with a status of its own
  /// would have the launcher end the first one, which may still write.
  static func look(_ options: ProcessOptions, _ body: (ProcessGroup?) throws -> Void) throws {
    try run(options, goesOn: false) { group in
      let result = Result { try body(group) }
      if case .failure(let error) = result, !(error is ExitCode) { throw error }
      try group?.barrier()
      try result.get()
    }
  }

  /// What this process has to say of an error that ended its work.
  private static func verdict(on error: any Error, in group: ProcessGroup, goesOn: Bool) -> any Error {
    if case ProcessError.broken(_, let reason) = error {
      let (cause, isToSay) = group.cause(of: reason)
      // Of a process that was asked to stop the first one speaks.
      if group.leads, case .failed(_, let words, let status) = cause, Interruption.statuses.contains(status) {
        return ProcessFault(rank: nil, words: words, status: status)
      }
      let status = ExitStatus.of(cause) ?? EX_SOFTWARE
      guard isToSay else { return ExitCode(status) }
      if case .lost = cause, !goesOn {
        return ProcessFault(rank: nil, words: "\(cause); the command can be given again", status: status)
      }
      return cause
    }
    guard !(error is ExitCode) else { return error }
    let (words, status) = (ErrorWords.text(of: error), ExitStatus.of(error) ?? EX_SOFTWARE)
    let isSaid = group.note(failure: words, status: status)
    if group.leads { return error }
    return isSaid || Interruption.statuses.contains(status)
      ? ExitCode(status) : ProcessFault(rank: group.rank, words: words, status: status)
  }

  /// Does work that each of several processes does for itself, until one of them ends; one by itself does it as it is.
  static func apart<Result>(
    in group: ProcessGroup?, _ interruption: Interruption, _ body: (_ isCancelled: () -> Bool) throws -> Result
  ) throws -> Result {
    guard let group else { return try body { interruption.isRequested } }
    return try group.apart(isCancelled: { interruption.isRequested }, body)
  }

  /// Does work on many runs, each of which one process alone trains; an error is said with the run it was in.
  ///
  /// - Parameter body: given where it says at which run it is.
  static func naming<Result>(
    in group: ProcessGroup?, _ body: (_ current: inout String?) throws -> Result
  ) throws -> Result {
    var current: String?
    do { return try body(&current) } catch { throw fault(error, in: current, of: group) }
  }

  /// What this process has to say of an error in one run of many, which of several processes one alone trains.
  private static func fault(_ error: any Error, in run: String?, of group: ProcessGroup?) -> any Error {
    guard group != nil, let run, !(error is ProcessError), !TrainingError.isInterruption(error) else { return error }
    return ProcessFault(
      rank: nil, words: "\(run): \(ErrorWords.text(of: error))", status: ExitStatus.of(error) ?? EX_SOFTWARE)
  }

  /// Whether this process says what all of its machine find out by themselves: that a command line is wrong.
  static var speaks: Bool { (try? ProcessPlace.named()).flatMap { $0 }?.localRank ?? 0 == 0 }

  /// Whether this process says an error: what one of several finds out once they have met was found to be its to say.
  static func speaks(of error: any Error) -> Bool {
    switch error {
    case is ProcessFault, is ProcessError: true
    default: speaks
    }
  }

  /// Refuses a command that each of several processes would run for itself.
  ///
  /// - Throws: ``CommandError/usage(_:)``.
  static func check(_ command: any ParsableCommand) throws {
    guard !(command is any SharedCommand), let place = try ProcessPlace.named() else { return }
    let name = type(of: command).configuration.commandName.map { "lethe \($0)" } ?? "this command"
    throw CommandError.usage(
      "\(name) is for one process, and \(place.count) were started; for several are \(Self.sharedNames)")
  }
}

extension ProcessSession {
  /// `train, finetune and sweep`.
  private static var sharedNames: String {
    let names = Lethe.configuration.subcommands.filter { $0 is any SharedCommand.Type }
      .compactMap { $0.configuration.commandName }
    return names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }

  /// Options that say where something is read: what is there is compared by its hash, as each machine may have it elsewhere.
  private static let places: Set<String> = [
    "run", "runs", "checkpoint", "checkpoints", "before", "after", "data", "source", "source-proxy", "target",
    "classes",
    "python", "tokenizer",
  ]

  /// Makes sure that all processes of a command that looks at models were given the same, before any of them computes.
  ///
  /// - Parameter parts: what each was given beside its options, by what it is called: hashes; nil for what is not there.
  /// - Throws: `ProcessError.differing(_:what:)`.
  static func agree(
    in group: ProcessGroup?, on command: any ParsableCommand, _ parts: @autoclosure () throws -> [String: String?]
  ) throws {
    guard let group else { return }
    let options = EffectiveOptions(of: command).only([.result, .extent])
    var own = try parts().compactMapValues { $0 }
    own["Lethe's version"] = FileFormat.letheVersion
    own["libtorch's version"] = try Library.version()
    let names = options.entries.map(\.parameter.name).filter { !places.contains($0) }
    try group.agree(
      on: ProcessAgreement(optionsName: "the options", options: options.values(of: names), parts: own))
  }
}

/// An error of one of several processes, in its own words.
struct ProcessFault: Error, CustomStringConvertible {
  /// Nil where it does not matter whose it is.
  let rank: Int?
  let words: String
  let status: Int32

  var description: String { rank.map { "rank \($0): \(words)" } ?? words }
}
