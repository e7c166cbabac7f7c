import Foundation
import TestSupport
import Testing
import Yams

/// The workflow that the article shows, with its steps run as a runner of GitHub's runs them.
@Suite(.serialized) struct GuardWorkflowTests {
  private struct Workflow: Decodable {
    struct Job: Decodable { let steps: [Step] }

    struct Step: Decodable {
      let name: String?
      let run: String?
      let uses: String?
      let `if`: String?
    }

    let jobs: [String: Job]
  }

  private func steps() throws -> [Workflow.Step] {
    let article = try Repository.text("Sources/LetheCommand/LetheCommand.docc/Guarding-a-fine-tuning.md")
    let block = try #require(article.components(separatedBy: "```yaml\n").dropFirst().first)
    let yaml = try #require(block.components(separatedBy: "\n```").first)
    let workflow = try YAMLDecoder().decode(Workflow.self, from: yaml)
    return try #require(workflow.jobs["guard"]).steps
  }

  /// Runs the steps; one that fails ends the job, but for those that always run.
  private func run(in folder: TemporaryFolder) throws -> [String: Command] {
    var done: [String: Command] = [:]
    var hasFailed = false
    for step in try steps() {
      // What fetches and installs needs a network.
      guard let script = step.run, let name = step.name, name != "Install" else { continue }
      guard !hasFailed || step.if == "always()" else { continue }
      let command = try Command(script: "set -eo pipefail\n" + script, in: folder.path)
      done[name] = command
      if command.status != 0 { hasFailed = true }
    }
    return done
  }

  private func prepare(_ options: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let data = Repository.fixture("fashion-mnist-small")
    let script = """
      set -e; mkdir models data
      lethe data convert "\(data):0-4" -o data/old.h5
      lethe data convert "\(data):5-9" -o data/new.h5
      lethe new mlp --classes 5 -o base.h5
      lethe train base.h5 --data data/old.h5 --epochs 6 --lr 0.03 -o source
      cp source/checkpoints/epoch-0006.h5 models/source.h5
      """
    let made = try Command(script: script, in: folder.path)
    #expect(made.status == 0, "\(made.errors)")
    try options.write(toFile: folder.file("finetune.yaml"), atomically: true, encoding: .utf8)
    return folder
  }

  @Test func aGentleFineTuningPasses() throws {
    let folder = try prepare("epochs: 1\nlr: 0.0001\n")
    let done = try run(in: folder)
    #expect(done.count == 3)
    for (name, command) in done { #expect(command.status == 0, "\(name): \(command.errors)") }
    let xml = try String(contentsOfFile: folder.file("forgetting.xml"), encoding: .utf8)
    #expect(xml.contains("failures=\"0\"") && xml.contains("tests=\"1\"") && !xml.contains("<failure"))
  }

  @Test func aRoughOneFailsWithTheSentenceAndLeavesThePages() throws {
    let folder = try prepare("epochs: 6\nlr: 0.2\n")
    let done = try run(in: folder)
    let judged = try #require(done["At most 2 points may be forgotten"])
    #expect(judged.status == 2 && judged.errors.contains("more than --max-forgetting allows, 2.0 points"))
    #expect(done["Draw what was found"]?.status == 0)
    let xml = try String(contentsOfFile: folder.file("forgetting.xml"), encoding: .utf8)
    #expect(xml.contains("failures=\"1\"") && xml.contains("classname=\"lethe.diagnose\""))
    #expect(xml.contains("<failure type=\"forgetting\" message=\""))
    for page in ["run/report.html", "run/diagnosis.html"] {
      #expect(FileManager.default.fileExists(atPath: folder.file(page)), "\(page)")
    }
  }
}
