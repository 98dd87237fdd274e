"""The service of one project: composition and lifecycle of its parts."""

import asyncio
import secrets
import time

import msgspec

from lodespace import protocol
from lodespace.access.network import Network
from lodespace.access.pairing import PairingManager
from lodespace.config import ServerConfig
from lodespace.items import thumbnails
from lodespace.project import checkpoint_positions
from lodespace.project.baked_state import baked_session, restore_scene
from lodespace.project.due_labels import give_due_labels
from lodespace.project.label_log import open_log, read_labels
from lodespace.project.project import Project
from lodespace.recording.recorder import Recorder
from lodespace.review.kept_fit import KeptFit
from lodespace.review.review import Review
from lodespace.scene.region_query import items_in_regions
from lodespace.service.absent import (
    AnyEventLog,
    AnyRecorder,
    AnyTrainer,
    NoEventLog,
    NoRecorder,
    NoTrainer,
)
from lodespace.service.client import Client
from lodespace.service.clients import Clients
from lodespace.service.commands import Commands
from lodespace.service.folder_watch import FolderWatch, not_added
from lodespace.service.growth import Growth
from lodespace.service.held_items import HeldItems
from lodespace.service.landed_predictions import LandedPredictions
from lodespace.service.log_watch import LogWatch
from lodespace.service.model_queries import ModelQueries
from lodespace.service.notices import Notices
from lodespace.service.observers import (
    ClientUpdates,
    RecordingUpdates,
    ReviewUpdates,
    SettingsFileUpdates,
    TrainerUpdates,
    training_inputs,
)
from lodespace.service.people import People
from lodespace.service.places import StreamPlaces
from lodespace.service.presence import PresenceRelay
from lodespace.service.query_lanes import QueryLanes
from lodespace.service.rule_figures import RuleFigures
from lodespace.service.rule_previews import RulePreviews
from lodespace.service.rule_spaces import RuleSpaces
from lodespace.service.rules import Rules
from lodespace.service.similarity import Similarity
from lodespace.service.training_events import TrainingEvents
from lodespace.session import summaries
from lodespace.session.added_places import with_added
from lodespace.session.authors import author, person_of
from lodespace.session.commands.registry import plan
from lodespace.session.event_log import EventLog
from lodespace.session.session import AnnotationSession
from lodespace.session.settings import changes_to
from lodespace.training.supervisor import TrainerSupervisor

CLI_CLIENT = "cli"
"""Client id of the changes that come from command-line options."""


class Service:
    """The service of one project: creates, starts and stops its parts.

    Args:
        project: The opened project.
        config: Options of the server.
        network: Certificate and paired devices; None when the server is not reachable from other
            machines.
        device: Torch device of the trainer.
        threads: Threads of the trainer; 0 for one per processor.
    """

    def __init__(
        self,
        project: Project,
        config: ServerConfig,
        network: Network | None = None,
        *,
        device: str = "auto",
        threads: int = 0,
    ) -> None:
        self.project = project
        self.config = config
        self.started = time.monotonic()
        """Time of the start, in seconds of `time.monotonic`."""
        self.atlas = thumbnails.describe(project.items)
        """Layout of the atlas; None for items without pictures."""
        self.session = AnnotationSession(
            project.items, read_only=project.read_only, settings=project.settings
        )
        self.session.obstacle = project.obstacle
        restore_scene(project, self.session)
        self._baked = baked_session(project)
        self.event_log = _open_log(project, self.session)
        not_given: tuple[str, ...] = ()
        if isinstance(self.event_log, EventLog):
            # The last process may have ended before it gave added items their labels.
            not_given = give_due_labels(project, self.session, self.event_log)
        self.recorder: AnyRecorder = (
            NoRecorder(project.recording_path)
            if project.read_only
            else Recorder(project.recording_path, self.session)
        )
        self.clients = Clients()
        self.session.grid.shown = self.clients.revisions
        self.places = StreamPlaces(config)
        self.lanes = QueryLanes()
        self.access = _pairing(network, self.clients)
        self.notices = Notices(self.clients)
        if project.obstacle:
            message = f"Nothing can be saved: {project.obstacle}."
            self.notices.show(protocol.Notice(topic="disk", code="read_only", message=message))
        if not_given:
            self.notices.show(not_added(*not_given))
        self.presence = PresenceRelay(self.clients)
        kept_fit = KeptFit(self.session)
        self.review = Review(self.session, kept_fit, self._send_quality)
        views = (
            ClientUpdates(self.clients),
            ReviewUpdates(self.review),
            RecordingUpdates(self.recorder, self.session),
        )
        self.training_events = TrainingEvents(self.session, self.clients, self.notices, views)
        self.trainer: AnyTrainer = (
            NoTrainer(self.session, self.training_events)
            if project.read_only or not config.train
            else TrainerSupervisor(
                project,
                self.training_events,
                training_inputs(self.session),
                device=device,
                threads=threads,
                workers=config.workers,
            )
        )
        self.log_watch = LogWatch(project, self.event_log, self.notices)
        self.people = People(self.session, self.clients, self.access, self.lanes, config.owner_name)
        self.commands = Commands(
            self.session,
            self.event_log,
            self.log_watch,
            self.trainer,
            self.notices,
            observers=(
                *views,
                SettingsFileUpdates(project, self.session),
                TrainerUpdates(self.trainer, self.session),
            ),
            replaced_text=self.people.replaced_text,
        )
        self.rules = Rules(
            self.session,
            self.commands,
            RuleSpaces(self.session, self.trainer),
            self.lanes,
        )
        self.rule_previews = RulePreviews(self.rules)
        self.rule_figures = RuleFigures(self.session, kept_fit, self.lanes)
        self.growth = Growth(
            project,
            self.session,
            self.trainer,
            self.commands,
            self.rules,
            self.clients,
            views,
            self._grown,
        )
        """Addition of items."""
        self.training_events.on_more_items = self.growth.show
        self.landed = LandedPredictions(self.session, self.commands)
        self.training_events.on_rest = self.landed.on_rest
        self.training_events.on_model = self.rules.apply_soon
        self._watch = (
            None
            if config.watch is None
            else FolderWatch(project, self.growth, self.notices, config.watch)
        )
        self.held_items = HeldItems(self.session, self.clients, self.trainer)
        self.model_queries = ModelQueries(self.session, self.trainer)
        self.similarity = Similarity(self.session, self.trainer, self.lanes)
        self._stopped = False

    async def start(self) -> None:
        """Start review and trainer."""
        await self.log_watch.start()
        await self.review.start()
        await self.trainer.start()
        await self.rules.apply_to_added()
        if self._watch is not None:
            await self._watch.start()

    async def stop(self) -> None:
        """Stop everything, and close the project. A second call has no effect."""
        if self._stopped:
            return
        self._stopped = True
        self.lanes.close()
        if self._watch is not None:
            await self._watch.stop()
        await self.rules.stop()
        await self.growth.stop()
        await self.review.stop()
        await self.trainer.stop()
        self.recorder.close()
        await self.log_watch.stop()
        self.event_log.close()
        self.project.close()

    def info(self, client: str, role: protocol.Role) -> protocol.SessionInfo:
        """Return all data that the page of `client` needs before it draws."""
        info = summaries.session_info(
            self.session,
            client,
            role=role,
            training=self.trainer.training,
            thumbnails=self.atlas,
            has_recording=self.project.recording_path.is_file(),
            quality=self.review.quality,
        )
        if self._baked is None:
            return info
        return msgspec.structs.replace(
            info,
            pins=self._baked.pins,
            packed_pins=self._baked.packed_pins,
            history=self._baked.history,
            quality=self._baked.quality,
        )

    def welcome(self, client: Client, hello: protocol.Hello) -> None:
        """Answer `hello`: send the session, and the labels and notices that the client missed."""
        client.client_id = author(client.device, hello.client_id)
        client.name = hello.name or self.people.name_of(person_of(client.client_id))
        client.scene_id = hello.scene_id
        client.revision = hello.revision
        client.send(protocol.Welcome(session=self.info(client.client_id, client.role or "viewer")))
        missed = self.session.labels_since(hello.sequence)
        if missed is not None:
            client.send(missed)
        self.notices.send_to(client)
        self.training_events.send_to(client)
        self.presence.send_to(client)
        client.ready = True
        client.wake()
        self.clients.access_changed(self.access.overview)

    def left(self, client: Client) -> None:
        """Remove the data of a client that has disconnected: head and hands, dragged items, items
        in view, and the request for forces."""
        self.presence.left(client)
        self.held_items.left(client)
        self.clients.access_changed(self.access.overview)

    async def timeline(self) -> protocol.Timeline:
        """Return the contents of the recording.

        Raises ProjectError when the recording of a bake is damaged.
        """
        return await asyncio.wrap_future(self.recorder.timeline())

    async def resolve(
        self, command: protocol.Resolve, *, revision: int | None, device: str = ""
    ) -> protocol.Resolved:
        """Return the items in the regions, at the positions of `revision`.

        The newest positions are used when `revision` is None, or when the positions of `revision`
        are no longer stored. `device` is the id of the device that asks, "" for the owner. Raises
        RequestError when too many queries of the device wait.
        """
        found, latent_mean = self.session.grid.latent_mean_at(revision)
        # The query runs in a thread, because a lasso with many corners takes a while.
        items = await self.lanes.run(device, lambda: items_in_regions(latent_mean, command.regions))
        return protocol.Resolved(
            command_id=command.command_id, items=items.tolist(), revision=found
        )

    def _grown(self) -> None:
        """Update what depends on the number of items."""
        self.atlas = thumbnails.describe(self.project.items)

    def _send_quality(self, quality: protocol.Quality) -> None:
        self.clients.replace("quality", protocol.QualityChanged(quality=quality))


def _open_log(project: Project, session: AnnotationSession) -> AnyEventLog:
    """Open the label log, and replay its events in the session.

    A bake has no label log, because its labels are in the scene.
    """
    if project.is_bake:
        return NoEventLog()
    if project.read_only:
        read_labels(project, session)
    event_log = NoEventLog() if project.read_only else open_log(project, session)
    if project.asked is not None and isinstance(event_log, EventLog):
        # Settings from the command line become a gesture, so that they can be undone.
        command = protocol.SetTraining(
            command_id=f"cli-{secrets.token_hex(8)}",
            settings=changes_to(session.settings, project.asked),
        )
        event = plan(session, command, CLI_CLIENT)
        if event is not None:
            session.apply(event_log.append_now(event))
    newest = checkpoint_positions.newest(project.checkpoints, len(project.items))
    if newest is not None:
        # A page can show the last layout before the trainer has started.
        shown = newest.latent_mean, newest.prediction, newest.confidence
        session.publish(*with_added(session.items, *shown), step=newest.step, resting=True)
    return event_log


def _pairing(network: Network | None, clients: Clients) -> PairingManager:
    if network is None:
        return PairingManager(streams=clients)
    return PairingManager(
        network.devices, streams=clients, fingerprint=network.certificate.fingerprint
    )
