import ArgumentParser
import Checkpoints
import Foundation
import Reports

struct VerifyCommand: ParsableCommand, ResultOptions {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check the structure and the checksums of a checkpoint, run, dataset or file of weights.")

  @Argument(help: "A checkpoint, a run, an HDF5 dataset, or any other file of weights.", completion: .path)
  var path: String

  @OptionGroup var shared: OutputOptions

  func run() throws {
    let result = try Verification.check(path)
    let unfinished = (try? Run.open(path))?.unfinished
    if shared.json {
      Console.result([
        "path": .string(path), "tensorCount": .int(result.tensorCount), "byteCount": .int(result.byteCount),
        "problems": .array(result.problems.map { .string($0) }), "isUnfinished": .bool(unfinished != nil),
      ])
    } else if result.problems.isEmpty {
      let extent = "\(result.tensorCount) tensors, \(NumberText.grouped(result.byteCount)) bytes"
      Console.result("\(path): \(extent), " + (result.hasChecksums ? "all well" : "sound; it has no checksums"))
      if let unfinished { Console.result("\(path): \(unfinished)") }
    }
    guard result.problems.isEmpty else {
      for problem in result.problems { Console.error(problem) }
      throw ExitCode(EX_DATAERR)
    }
  }
}
