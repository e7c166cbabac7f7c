import TestSupport
import Testing

/// A run of a perceptron that was trained on the first five classes of some data, in a folder of its own.
///
/// - Parameters:
///   - hidden: sizes of its layers, as `lethe new` takes them.
///   - words: options of the training.
func trainedPerceptron(
  hidden: String, on data: String, _ words: [String]
) throws -> (folder: TemporaryFolder, path: String) {
  let folder = try TemporaryFolder()
  let (base, source) = (folder.file("base.h5"), folder.file("source"))
  try #require(Command("new", "mlp", "--classes", "5", "--hidden", hidden, "-o", base).status == 0)
  let trained = try Command(array: ["train", base, "--data", data + ":0-4", "-o", source] + words)
  try #require(trained.status == 0, "\(trained.errors)")
  return (folder, source)
}
