"""The loop of the presets with particles.

Each iteration moves the particles once by their forces, if they are in motion. It also does one
unit of the most urgent task that is due (tasks/), or several short units if there are many items
(work_units.py). Phases: "layout" (the first graph and the first layout), "features" (self-
supervised learning, then a graph on the learned features), "interactive" (after a change of
labels), "resting".
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from lodespace.models.checkpoints.tensors import Tensors
from lodespace.models.classification.learner import LabelLearning
from lodespace.models.config import TrainingConfig
from lodespace.models.dataset import Dataset
from lodespace.models.features.described_components import described_components
from lodespace.models.features.network import FeatureNetwork
from lodespace.models.features.self_supervision import SelfSupervision
from lodespace.models.features.views import unit_square
from lodespace.models.item_predictions import ItemPredictions
from lodespace.models.layout.particle_map import NEW_GRAPH_ROUNDS, ParticleMap
from lodespace.models.layout.schedule import INTERACTIVE_STEP
from lodespace.models.snapshot import Phase
from lodespace.models.training.force_readout import Forces, particle_forces, vae_forces
from lodespace.models.training.loop import Loop
from lodespace.models.training.map_guide import MapGuide
from lodespace.models.training.tasks.axes import AxisTask
from lodespace.models.training.tasks.classification import ClassifierTask, PredictTask
from lodespace.models.training.tasks.encoder import EncoderTask
from lodespace.models.training.tasks.features import FeatureTask
from lodespace.models.training.tasks.forces import FirstLayoutTask, ForcesTask, SettlingTask
from lodespace.models.training.tasks.graph import FirstGraphTask, GraphTask, RepresentativesTask
from lodespace.models.training.tasks.head import HeadTargets, HeadTask, posterior_targets
from lodespace.models.training.tasks.task import Task
from lodespace.models.vae.axis_loss import AxisTargets
from lodespace.models.vae.collapse import carried_spread
from lodespace.models.work_units import short_units_per_turn


class ParticleLoop(Loop):
    """Alternates between units of work on forces, features, classifier, graph and encoder."""

    def __init__(self, dataset: Dataset, config: TrainingConfig, n_classes: int, seed: int) -> None:
        super().__init__(dataset, config, n_classes, seed)
        state = self.state
        alike = dataset.alike()
        self_supervision = SelfSupervision(alike, state.generator, state.device_generator)
        self.learning = LabelLearning(alike, n_classes, state.generator, state.device_generator)
        """Wide classifier and predictions."""
        # The scale of the components has no effect on the graph. With a mean square of 1, they are
        # also the features of the classifiers (GraphTask.features).
        components = unit_square([described_components(alike, config.principal_components)])
        self.map = ParticleMap(
            components, config.latent_dim, state.device_generator, config.neighbours
        )
        """Particles and pins, and the remaining motion of the particles."""
        self._guide = MapGuide(state, self.learning, self.map)
        self.graph = GraphTask(
            state,
            self_supervision.network,
            self.learning,
            self.map,
            self._guide,
            dataset.neighbours,
        )
        """Task that builds all graphs except the first graph."""
        self.features = FeatureTask(state, self_supervision, self.learning, self.graph)
        """Task of self-supervised learning."""
        self._first_graph = FirstGraphTask(state, self.map, self._guide, self.graph)
        self._representatives = RepresentativesTask(state, self.map, self._guide)
        self._forces = ForcesTask(state, self.map, self.features)
        self._axes = AxisTask(dataset, state, self.map, self._guide, self.graph)
        self._encoder = EncoderTask(state, self.vae_training, self.map)
        self._head = HeadTask(
            state, self.vae_training, self._head_targets, lambda: self.predictions.prediction
        )
        self._tasks: tuple[Task, ...] = (
            self._axes,
            ClassifierTask(state, self.learning),
            PredictTask(
                state, self.learning, self.vae_training, self._guide, self.graph, self._head
            ),
            FirstLayoutTask(self.map),
            SettlingTask(state, self.map, self._guide, self.learning),
            self.features,
            self.graph,
            self._encoder,
        )
        """Tasks in order of urgency."""
        self._stored: tuple[Task, ...] = (
            self._forces,
            self._first_graph,
            self._representatives,
            *self._tasks,
            self._head,
        )
        """Tasks whose state is saved, in the order in which their states are loaded.

        The task that loads the map is first, because other tasks need the map.
        """

    def turn(self) -> bool:
        if self._first_graph.due():
            return self._first_graph.unit()
        if self._representatives.due():
            return self._representatives.unit()
        moved = self._forces.due() and self._forces.unit()
        live = self.map.live is not None and self.map.motion.due > 0
        units = short_units_per_turn(len(self.dataset), self.dataset.kind, live=live)
        for _ in range(units):
            task = next((task for task in self._tasks if task.due()), None)
            if task is not None:
                moved = task.unit() or moved
            elif self._head_due:
                self._head.unit()
            if task is None or not task.short:
                break
        self.state.step += 1
        return moved

    @property
    def _head_due(self) -> bool:
        """Whether to fit the head now: all items are predicted, and the map is at rest."""
        known = self.learning.predictions.complete and not self.learning.at_work
        return known and not (self.map.motion.due or self.map.settling.due) and self._head.due()

    def _head_targets(self) -> HeadTargets:
        """Return the targets of the head: class probabilities that take the labels into account.

        A head that is fitted to the labels alone fits only the few labelled items. With 100 labels
        on the digits, the accuracy of such a head on the other items is 0.81. With these targets,
        it is 0.97.
        """
        labels, weights = self.state.labels.trained, self.state.labels.weights
        posterior = self.learning.predictions.label_posterior(labels, weights=weights)
        return posterior_targets(posterior, labels)

    # Output -----------------------------------------------------------------------------------

    @property
    def latent_mean(self) -> torch.Tensor:
        """Latent means of the particles, (N, D), contracted along collapsed dimensions."""
        if self.map.particles is None:
            return self.map.start
        return self.map.latent_mean.mul_(self.contraction)

    @property
    def contraction(self) -> torch.Tensor:
        """Factor from `decodable_mean` to `latent_mean`, (D,): below 1 where the VAE has collapsed.

        The positions of the particles do not show a collapse, because they are scaled to a spread
        of 1.
        """
        weights = self.config.weights
        if self.map.particles is None or self.vae_training.epoch < 1 or weights.beta_encoder == 0:
            return super().contraction
        return torch.from_numpy(carried_spread(self.vae_training.kl)).to(self.device)

    @property
    def decodable_mean(self) -> torch.Tensor:
        return self.map.latent_mean

    @property
    def predictions(self) -> ItemPredictions[torch.Tensor]:
        return self.learning.predictions.newest

    @property
    def class_probabilities(self) -> torch.Tensor:
        """Probability (N, C) of each class for all items, predicted from the current labels.

        The page shows these probabilities after an update of all items. During an update, some of
        the returned probabilities are newer than the shown probabilities.
        """
        return self.learning.predictions.given(self.state.labels.trained)

    @property
    def feature_networks(self) -> list[FeatureNetwork]:
        """The networks whose features the graph and the classifiers use."""
        networks = []
        if self.graph.learns_features:
            networks.append(self.features.self_supervision.network)
        if self.learning.classifier is not None:
            networks.append(self.learning.classifier.network)
        return networks

    @property
    def phase(self) -> Phase:
        laying_out = not self.features.learned and self.map.motion.laying_out
        if self.map.particles is None or laying_out:
            return "layout"
        if self.learning.at_work:
            return "interactive"
        if not self._first_training_done:
            return "features"
        return "resting" if self.resting else "interactive"

    @property
    def progress(self) -> float:
        """Completed share (0..1) of the first training.

        The layout counts as a fifth of the first training. The features and the encoder count as
        two fifths each.
        """
        if self.map.particles is None:
            return 0.05 * self._first_graph.progress
        motion = self.map.motion
        layout = motion.done if motion.laying_out else 1.0
        encoder = min(1.0, self.vae_training.epoch / max(1, self._encoder.first_epochs))
        return min(1.0, 0.05 + 0.15 * layout + 0.4 * self.features.progress + 0.4 * encoder)

    @property
    def _first_training_done(self) -> bool:
        return self.graph.features_in_graph and not self._encoder.first_training

    @property
    def resting(self) -> bool:
        unfinished = self.graph.due() or self._encoder.reweighted or self._axes.due()
        moving = self.map.motion.due or self.map.settling.due or self.map.lacks_representatives
        working = moving or self.learning.at_work or unfinished
        return self._first_training_done and not working and not self._head_due

    def forces(self, items: torch.Tensor | None, *, reconstruction: bool) -> Forces:
        chosen = torch.arange(len(self.dataset)) if items is None else items
        mean = self.decodable_mean[chosen.to(self.device)]
        labels = self.state.labels.classes
        forces = vae_forces(self.vae_training, mean, chosen, labels, reconstruction=reconstruction)
        if self.map.particles is not None:
            self._guide.update_shown_agreement()
            forces |= particle_forces(self.map.particles, self.config.weights, items)
        return forces

    # Commands ---------------------------------------------------------------------------------

    def set_anchors(self, items: torch.Tensor, targets: torch.Tensor) -> None:
        self.map.set_pins(items, targets)
        if self.map.particles is not None:
            self._guide.update_stiffness()
            self._guide.pins_changed()
            self._guide.plan_gesture()

    def put_back(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> bool:
        return self.map.put_back(tensors, counters)

    def items_added(self, first: int) -> None:
        if self.map.particles is not None:
            self._guide.update_stiffness()
            self.map.place(first, self.config.weights)
        self.learning.predict_added(self.state.labels.classes)
        if self.state.axes.dimensions:
            self._axes.values_changed()

    def _labels_changed(self) -> None:
        if self.state.labels.any:
            self.learning.labels_given(
                self.state.labels.given,
                self.features.self_supervision.network,
                self.config.classifier_steps_per_gesture,
            )
        self.graph.count_gesture()
        self._move_by_labels()

    def _labels_repeated(self) -> None:
        self.learning.predict_again(self.state.labels.classes)
        self._move_by_labels()

    def _move_by_labels(self) -> None:
        """Plan the motion of the map after a change of labels."""
        if self.map.particles is not None:
            self.map.hold_positions()
            self._guide.update_stiffness()
            self._guide.update_agreement()
            self._guide.plan_gesture()

    def _axes_changed(self) -> None:
        self._axes.values_changed()

    @property
    def axes(self) -> AxisTargets | None:
        return self.map.axes

    @property
    def axis_left_out(self) -> Sequence[tuple[int, float]]:
        return self._axes.left_out

    def _class_count_changed(self) -> None:
        self.learning.set_class_count(self.state.n_classes)
        self._head.request()

    def _configuration_changed(self, old: TrainingConfig) -> None:
        new = self.config
        another_dimension = new.latent_dim != old.latent_dim
        if another_dimension:
            self.map.change_dimension(new.latent_dim)
            self._axes.values_changed()
        if self.map.particles is None:
            return
        reweighted = new.weights != old.weights
        if another_dimension or new.stiffness != old.stiffness:
            self._guide.update_stiffness()
        if another_dimension or reweighted or new.stiffness != old.stiffness:
            self._guide.update_agreement()
        if reweighted or new.stiffness != old.stiffness:
            self.map.motion.plan(NEW_GRAPH_ROUNDS, INTERACTIVE_STEP)
        if reweighted or new.hidden_layers != old.hidden_layers:
            self._encoder.train_reweighted()

    def _map_taken_over(self, other: Loop) -> None:
        self.map.start = other.latent_mean.clone()

    # Checkpoints ------------------------------------------------------------------------------

    def _reshaped(self, *, new_layers: bool) -> None:
        self.learning.reshape(self.state.n_classes)

    def _own_tensors(self) -> Tensors:
        own = {name: tensor for part in self._stored for name, tensor in part.tensors().items()}
        return own | self._guide.tensors()

    def _own_counters(self) -> dict[str, Any]:
        return {name: value for part in self._stored for name, value in part.counters().items()}

    def load(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        super().load(tensors, counters)
        self._guide.load(tensors)

    def _load_own(self, tensors: Mapping[str, torch.Tensor], counters: Mapping[str, Any]) -> None:
        for part in self._stored:
            part.load(tensors, counters)
