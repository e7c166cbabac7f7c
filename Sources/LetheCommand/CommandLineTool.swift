import ArgumentParser
import Files
import Foundation
import HDF5

/// The command `lethe`, for an executable of a few lines: Lethe's own, or one of a package that brings regularizers.
///
/// Such a package depends on two products, the command and the libraries that a regularizer is written with:
///
/// ```swift
/// let package = Package(
///   name: "own-lethe",
///   dependencies: [.package(url: "https://…/lethe", from: "1.0.0")],
///   targets: [
///     .executableTarget(
///       name: "own-lethe",
///       dependencies: [
///         .product(name: "LetheCommand", package: "lethe"), .product(name: "Lethe", package: "lethe"),
///       ])
///   ])
/// ```
///
/// and its `main.swift` makes its regularizers known before the command begins:
///
/// ```swift
/// import LetheCommand
/// import Training
///
/// RegularizerKind.register(RootPull.kind)
/// CommandLineTool.main()
/// ```
///
/// Its help lists them with the others, and every command takes them. `Tests/Examples/OwnLethe` is the whole package.
public enum CommandLineTool {
  /// Runs the command with the process's arguments and ends the process.
  public static func main() -> Never {
    ForeignReader.serveIfAsked()
    // A reader that is gone and a file that grows too large are answered where something is written.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    fillStandardStreams()
    ShrunkFile.endsProcess(status: EX_DATAERR, command: "lethe")
    FileNotice.listen { Console.say($0) }
    let status = refusesText() ? EX_USAGE : run(Array(CommandLine.arguments.dropFirst()))
    exit(StandardOutput.status(after: status))
  }

  /// Has no file get the number of a standard stream that is closed: what is said would be written into it.
  private static func fillStandardStreams() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", O_RDONLY)
    }
  }

  /// Whether an argument is no UTF-8, which is said: it would name another file.
  private static func refusesText() -> Bool {
    for number in 1..<max(1, Int(CommandLine.argc)) {
      guard let word = CommandLine.unsafeArgv[number], String(validatingCString: word) == nil else { continue }
      Console.error("argument \(number) is not UTF-8: \(String(cString: word))")
      return true
    }
    return false
  }

  /// Runs the command.
  ///
  /// - Parameter arguments: without the command's own name.
  /// - Returns: the exit status; what went wrong is said in one line on standard error.
  public static func run(_ arguments: [String]) -> Int32 {
    do {
      if arguments.first == Manual.request, arguments.count == 2 {
        for page in try Manual.write(to: arguments[1]) { Console.result(page) }
        return EXIT_SUCCESS
      }
      var command = try Lethe.parseAsRoot(ConfigurationFile.expanding(HelpRequest.spelledOut(arguments)))
      try ProcessSession.check(command)
      try command.run()
      return EXIT_SUCCESS
    } catch {
      return report(error, arguments)
    }
  }

  /// Says what went wrong in one line and returns the exit status.
  private static func report(_ error: any Error, _ arguments: [String]) -> Int32 {
    if let status = ExitStatus.of(error) {
      guard ProcessSession.speaks(of: error) else { return status }
      Console.error(ErrorWords.text(of: error))
      return status
    }
    if let code = error as? ExitCode { return code.rawValue }
    let code = Lethe.exitCode(for: error)
    guard ProcessSession.speaks else { return code == .success ? 0 : EX_USAGE }
    if arguments.first == "help", let fault = UsageFault.words(for: HelpRequest.spelledOut(arguments)) {
      Console.error(fault)
      Console.say("see: lethe --help")
      return EX_USAGE
    }
    if code == .success {
      Console.text(
        HelpRequest.answer(Lethe.fullMessage(for: error), to: HelpRequest.spelledOut(arguments)))
      return 0
    }
    if code.rawValue == EX_USAGE {
      let words = Lethe.message(for: error).split(separator: "\n").first.map(String.init) ?? "wrong usage"
      Console.error(UsageFault.words(for: HelpRequest.spelledOut(arguments)) ?? words)
      Console.say((["see: lethe"] + subcommand(in: arguments) + ["--help"]).joined(separator: " "))
      return EX_USAGE
    }
    Console.error("\(error)")
    return EX_SOFTWARE
  }

  private static func subcommand(in arguments: [String]) -> [String] {
    let names = Lethe.configuration.subcommands.compactMap { $0.configuration.commandName }
    return arguments.first { names.contains($0) }.map { [$0] } ?? []
  }
}
