import ArgumentParser
import DemoData
import Files
import Foundation

/// The main job from end to end, on data that the command carries.
struct DemoCommand: ParsableCommand, ExecutionOptions {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "See it all in half a minute, on handwritten digits that the command carries.",
    discussion: """
      A small network learns 0 to 4, then 5 to 9, once plainly and once held back (L2-SP); the plain run is diagnosed, and \
      both are put on one page. Every command is shown as it would be typed.
      """)

  @Option(name: .shortAndLong, help: "The folder to make, for the data, the runs and report.html.")
  var output = "lethe-demo"

  @Flag(help: "Open the page when it is there.")
  var open = false

  func run() throws {
    let began = ContinuousClock.now
    let name = "digits.h5"
    try AtomicFile.writeFolder(to: output) { folder in
      try Data(DemoData.digits).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    for step in steps("\(output)/\(name)") {
      Console.say("")
      Console.say(step.title)
      Console.say("$ lethe \(step.words.map(\.shellQuoted).joined(separator: " "))")
      let status = CommandLineTool.run(step.words)
      guard status == EXIT_SUCCESS else { throw ExitCode(status) }
    }
    let seconds = Int((began.duration(to: .now) / .seconds(1)).rounded())
    Console.result("\(output)/report.html and \(output)/plain/diagnosis.html, after \(seconds) seconds")
    if open { try show("\(output)/report.html") }
  }

  private struct Step {
    let title: String
    let words: [String]
  }

  /// One thread: a network this small is faster on one.
  private func steps(_ data: String) -> [Step] {
    let tuning = [
      "finetune", "\(output)/source", "--source", "\(data):0-4", "--target", "\(data):5-9", "--epochs", "4", "--lr",
      "0.05", "--batch-size", "32", "--threads", "1",
    ]
    return [
      Step(
        title: "A small network with fresh weights",
        words: ["new", "cnn", "--input", "1x8x8", "--classes", "5", "--seed", "1", "-o", "\(output)/base.h5"]),
      Step(
        title: "It learns the digits 0 to 4",
        words: [
          "train", "\(output)/base.h5", "--data", "\(data):0-4", "--epochs", "6", "--lr", "0.03", "--batch-size", "32",
          "--threads", "1", "-o", "\(output)/source",
        ]),
      Step(title: "Then 5 to 9: what becomes of the first five?", words: tuning + ["-o", "\(output)/plain"]),
      Step(
        title: "The same, held to the weights that it came with (L2-SP)",
        words: tuning + ["--regularizer", "l2-sp:alpha=0.1", "-o", "\(output)/l2-sp"]),
      Step(
        title: "Where the accuracy of the plain run went, and what would help",
        words: ["diagnose", "\(output)/plain", "--threads", "1"]),
      Step(
        title: "Both runs on one page",
        words: ["report", "\(output)/plain", "\(output)/l2-sp", "-o", "\(output)/report.html"]),
    ]
  }

  private func show(_ page: String) throws {
    let opener = Process()
    opener.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    opener.arguments = ["xdg-open", page]
    try opener.run()
  }
}
