import Foundation
import TestSupport
import Testing

/// A character model in Keras' HDF5, brought over as the article "A character model from Keras" does.
///
/// The weights of PyPI's `textgenrnn`, 1.9 MB, are not kept here: with `LETHE_TEXTGENRNN`, the path of its
/// `textgenrnn_weights.hdf5`, they are judged too.
@Suite(.serialized) struct TextgenrnnTests {
  private static let given = ProcessInfo.processInfo.environment["LETHE_TEXTGENRNN"]

  /// Random weights in a file like that of textgenrnn.
  private static let drawn = """
    import sys, h5py, numpy as np
    draw = np.random.default_rng(0)
    shapes = {
        "embedding": {"embeddings": (465, 100)}, "attention": {"attention_W": (356, 1)},
        "rnn_1": {"kernel": (100, 512), "recurrent_kernel": (128, 512), "bias": (1024,)},
        "rnn_2": {"kernel": (128, 512), "recurrent_kernel": (128, 512), "bias": (1024,)},
        "output": {"kernel": (356, 465), "bias": (465,)},
    }
    with h5py.File(sys.argv[1], "w") as file:
        file.attrs["backend"], file.attrs["keras_version"] = b"tensorflow", b"2.1.5"
        file.attrs["layer_names"] = [name.encode() for name in shapes]
        for layer, own in shapes.items():
            file.create_group(layer).attrs["weight_names"] = [f"{layer}/{name}:0".encode() for name in own]
            for name, shape in own.items():
                file[f"{layer}/{layer}/{name}:0"] = draw.normal(0, 0.3, shape).astype("float32")
    """

  private func judged(_ weights: String, _ text: String, in folder: TemporaryFolder) throws -> (
    found: Double, expected: Double
  ) {
    let program = try Repository.unpacked("textgenrnn/program.pt2.gz", in: folder)
    let (base, data) = (folder.file("base-\(text).h5"), folder.file("\(text).h5"))
    let imported = try Command("import", program, "--weights", weights, "-o", base)
    #expect(imported.status == 0, "\(imported.errors)")
    #expect(imported.output.contains("12 tensors from"))
    let python = try #require(Python.path)
    let made = try Command(
      "data", "convert", Repository.fixture("texts/\(text).txt"), "--tokenizer", Repository.fixture("textgenrnn"),
      "--python", python, "--blocks", "--length", "64", "--test", "0.04", "-o", data)
    #expect(made.status == 0, "\(made.errors)")
    let shown = try Command("data", "show", data, "--examples", "1")
    #expect(shown.output.contains(text == "python" ? "def " : "You can't run away forever, But there's"))
    let command = try Command("evaluate", base, "--data", data, "--json", "--threads", "1")
    #expect(command.status == 0, "\(command.errors)")
    let finding = try #require(try JSONSerialization.jsonObject(with: Data(command.output.utf8)) as? [String: Any])
    let script = try String(contentsOfFile: Repository.fixture("textgenrnn/reference.py"), encoding: .utf8)
    let expected = try #require(Double(try Python.run(script, weights, data)))
    return (try #require(finding["nats_per_token"] as? Double), expected)
  }

  @Test(.enabled(if: Python.path != nil)) func aModelOfKerasIsJudgedAsNumPyJudgesIt() throws {
    let folder = try TemporaryFolder()
    let weights = folder.file("weights.hdf5")
    _ = try Python.run(Self.drawn, weights)
    let (found, expected) = try judged(weights, "fortunes", in: folder)
    #expect(abs(found - expected) < 1e-5, "\(found), \(expected)")
    #expect(abs(expected - log(465)) > 0.5)
    // Its layers give windows, of which each place of a text has one: they are not compared, and the run is whole.
    let data = folder.file("fortunes.h5")
    let tuned = try Command(
      "finetune", folder.file("base-fortunes.h5"), "--source", data, "--target", data, "--epochs", "1", "--examples",
      "8", "--batch-size", "8", "--threads", "1", "-o", folder.file("run"))
    #expect(tuned.status == 0, "\(tuned.errors)")
    #expect(tuned.errors.contains("similarity is not measured: none of the layers has an output for each example"))
    #expect(try Command("verify", folder.file("run")).status == 0)
  }

  @Test(.enabled(if: Python.path != nil && given != nil)) func textgenrnnKnowsSayingsAndNoPython() throws {
    let folder = try TemporaryFolder()
    let weights = try #require(Self.given)
    for (text, range) in [("fortunes", 1.7...2.2), ("python", 4.0...4.5)] {
      let (found, expected) = try judged(weights, text, in: folder)
      #expect(abs(found - expected) < 1e-5 && range.contains(found), "\(text): \(found), \(expected)")
    }
  }
}
